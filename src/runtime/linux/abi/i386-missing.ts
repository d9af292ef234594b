/** Names of system calls of 32-bit x86 that are not there (ENOSYS), for --strace: number and name (arch/x86/entry/syscalls/syscall_32.tbl). */
const MISSING = `
17:break 18:oldstat 28:oldfstat 31:stty 32:gtty 35:ftime 44:prof 53:lock 56:mpx 58:ulimit 59:oldolduname 62:ustat 84:oldlstat 86:uselib 87:swapon
89:readdir 98:profil 109:olduname 111:vhangup 112:idle 113:vm86old 115:swapoff 121:setdomainname 127:create_module 128:init_module
129:delete_module 130:get_kernel_syms 131:quotactl 134:bdflush 135:sysfs 137:afs_syscall 149:_sysctl 166:vm86 167:query_module 169:nfsservctl
188:getpmsg 189:putpmsg 217:pivot_root 245:io_setup 246:io_destroy 247:io_getevents 248:io_submit 249:io_cancel 253:lookup_dcookie 257:remap_file_pages
273:vserver 274:mbind 275:get_mempolicy 276:set_mempolicy
283:kexec_load 286:add_key 287:request_key 288:keyctl 294:migrate_pages 317:move_pages
338:fanotify_init 339:fanotify_mark 341:name_to_handle_at 342:open_by_handle_at 350:finit_module
380:pkey_mprotect 381:pkey_alloc 382:pkey_free 385:io_pgetevents 416:io_pgetevents_time64
425:io_uring_setup 426:io_uring_enter 427:io_uring_register 428:open_tree
429:move_mount 430:fsopen 431:fsconfig 432:fsmount 433:fspick 437:openat2 438:pidfd_getfd 440:process_madvise 442:mount_setattr
443:quotactl_fd 444:landlock_create_ruleset 445:landlock_add_rule 446:landlock_restrict_self 447:memfd_secret 448:process_mrelease 449:futex_waitv
450:set_mempolicy_home_node
`;

export function missingName(number: number): string {
  const found = new RegExp(`(?:^|\\s)${number}:(\\w+)`).exec(MISSING);
  return found ? found[1]! : `syscall_${number}`;
}
