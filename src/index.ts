/** lift86 as a library: nothing here needs Node; what does is in "lift86/node". */
export { disassemble, type DisassembledInsn, type Syntax } from "./frontend/disassemble.js";
export { Mode, modeName, USER32 } from "./frontend/mode.js";
export { GuestFault } from "./ir/memory.js";
export { type CacheCounters, type CacheLimits } from "./jit/cache.js";
export { type RoleRegisters, roleOf } from "./mmu/role.js";
export { type Credentials, type FileSide, type SyscallEntry } from "./runtime/linux/contract.js";
export { ElfError, type ElfImage, parseElf } from "./runtime/linux/elf.js";
export { linuxFiles, type LinuxFilesOptions, type StandardStreams } from "./runtime/linux/fs/index.js";
export { type Inode } from "./runtime/linux/fs/inode.js";
export { type MemoryFs } from "./runtime/linux/fs/memory.js";
export { LaunchError, type LinuxOptions, LinuxSystem, type RunResult, type SystemStats } from "./runtime/linux/system.js";
export { type MissCounts, type PolicyReport, type RateSample, type RoleBits, roleBits, type RoleReport, type RolesReport, type TimelineEntry } from "./runtime/roles/report.js";
export { bytesAsCode, translate, type Translated, type TranslatedBlock, type TranslateOptions } from "./runtime/translate.js";
export { type RunCounters, type Tier } from "./runtime/user-cpu.js";
