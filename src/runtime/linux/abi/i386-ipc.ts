import type { UserMemory } from "../../../mmu/user-memory.js";
import { TIME32, TIME64, type TimeFormat, optionalTime } from "../calls/time.js";
import type { SyscallEntry } from "../contract.js";
import { E, fail } from "../errno.js";
import type { IpcLayout, IpcObject, Owner } from "../ipc/ids.js";
import type { MessageLayout } from "../ipc/messages.js";
import type { Segment } from "../ipc/shared-memory.js";
import type { SemaphoreSet } from "../ipc/semaphores.js";
import type { GuestThread } from "../thread.js";
import { get16, get32, put16, put32, put64, writableView } from "../user.js";
import type { Result } from "../wait.js";

/** System V IPC of 32-bit x86: the calls, ipc(2) that stands for all of them, and their structures (asm-generic/{ipc,sem,msg,shm}buf.h). */

const PERM = 36;
/** ipc(2) commands ask for today's structures by this bit. */
const IPC_64 = 0x100;

function cleared(m: UserMemory, at: number, size: number): void {
  if (writableView(m, at, size).fill(0).length < size) fail(E.FAULT);
}

/** struct ipc64_perm: key, uid, gid, cuid, cgid, mode (16 bits), sequence (16 bits, 4 bytes on). */
function putPerm(m: UserMemory, at: number, o: IpcObject): void {
  [o.key, o.uid, o.gid, o.cuid, o.cgid].forEach((w, i) => put32(m, at + i * 4, w));
  put16(m, at + 20, o.mode);
  put16(m, at + 24, o.sequence);
}

const getOwner = (m: UserMemory, at: number): Owner => ({ uid: get32(m, at + 4), gid: get32(m, at + 8), mode: get16(m, at + 20) });

/** struct semid64_ds: times of the last operation and change (64 bits each), number of semaphores. */
const SEMID: IpcLayout<SemaphoreSet> = {
  put: (m, at, s) => {
    cleared(m, at, 64);
    putPerm(m, at, s);
    put64(m, at + PERM, s.used);
    put64(m, at + PERM + 8, s.changed);
    put32(m, at + PERM + 16, s.size);
  },
  owner: getOwner,
};

/** struct msqid64_ds: times of send, receive, change; bytes, messages, most bytes; pids of the last sender and receiver. */
const MSQID: MessageLayout = {
  put: (m, at, q) => {
    cleared(m, at, 88);
    putPerm(m, at, q);
    [q.sentAt, q.receivedAt, q.changed].forEach((s, i) => put64(m, at + PERM + i * 8, s));
    [q.bytes, q.messages.length, q.limit, q.sender, q.receiver].forEach((w, i) => put32(m, at + PERM + 24 + i * 4, w));
  },
  owner: (m, at) => ({ ...getOwner(m, at), limit: get32(m, at + PERM + 32) >>> 0 }),
};

/** struct shmid64_ds: size; times of attach, detach, change; pids of creator and last user; mappings. */
const SHMID: IpcLayout<Segment> = {
  put: (m, at, s) => {
    cleared(m, at, 84);
    putPerm(m, at, s);
    put32(m, at + PERM, s.size);
    [s.attachedAt, s.detachedAt, s.changed].forEach((sec, i) => put64(m, at + PERM + 4 + i * 8, sec));
    [s.creator, s.lastPid, s.attached].forEach((w, i) => put32(m, at + PERM + 28 + i * 4, w));
  },
  owner: getOwner,
};

const semtimedop = (f: TimeFormat) => (t: GuestThread, id: number, at: number, n: number, timeout: number): Result =>
  t.kernel.ipc.semaphores.semop(t, id, at, n, optionalTime(t, timeout, f));

const semget = (t: GuestThread, key: number, n: number, flags: number): number => t.kernel.ipc.semaphores.semget(t, key, n, flags);
const semctl = (t: GuestThread, id: number, number: number, command: number, arg: number): number =>
  t.kernel.ipc.semaphores.semctl(t, SEMID, id, number, command & ~IPC_64, arg);
const msgget = (t: GuestThread, key: number, flags: number): number => t.kernel.ipc.messages.msgget(t, key, flags);
const msgsnd = (t: GuestThread, id: number, at: number, size: number, flags: number): Result => t.kernel.ipc.messages.msgsnd(t, id, at, size, flags);
const msgrcv = (t: GuestThread, id: number, at: number, size: number, type: number, flags: number): Result =>
  t.kernel.ipc.messages.msgrcv(t, id, at, size, type, flags);
const msgctl = (t: GuestThread, id: number, command: number, at: number): number => t.kernel.ipc.messages.msgctl(t, MSQID, id, command & ~IPC_64, at);
const shmget = (t: GuestThread, key: number, size: number, flags: number): number => t.kernel.ipc.sharedMemory.shmget(t, key, size, flags);
const shmat = (t: GuestThread, id: number, at: number, flags: number): number => t.kernel.ipc.sharedMemory.shmat(t, id, at, flags);
const shmdt = (t: GuestThread, at: number): number => t.kernel.ipc.sharedMemory.shmdt(t, at);
const shmctl = (t: GuestThread, id: number, command: number, at: number): number => t.kernel.ipc.sharedMemory.shmctl(t, SHMID, id, command & ~IPC_64, at);

function ipc(t: GuestThread, call: number, first: number, second: number, third: number, pointer: number, fifth: number): Result {
  const version = call >>> 16;
  switch (call & 0xffff) {
    case 1: return t.kernel.ipc.semaphores.semop(t, first, pointer, second, null);
    case 2: return semget(t, first, second, third);
    case 3: return semctl(t, first, second, third, pointer ? get32(t.memory, pointer) : fail(E.INVAL));
    case 4: return semtimedop(TIME32)(t, first, pointer, second, fifth);
    case 11: return msgsnd(t, first, pointer, second, third);
    case 12:
      if (version > 0) return msgrcv(t, first, pointer, second, fifth, third);
      if (!pointer) fail(E.INVAL);
      return msgrcv(t, first, get32(t.memory, pointer), second, get32(t.memory, pointer + 4), third);
    case 13: return msgget(t, first, second);
    case 14: return msgctl(t, first, second, pointer);
    case 21: {
      if (version === 1) fail(E.INVAL);
      const at = shmat(t, first, pointer, second);
      put32(t.memory, third, at);
      return 0;
    }
    case 22: return shmdt(t, pointer);
    case 23: return shmget(t, first, second, third);
    case 24: return shmctl(t, first, second, pointer);
    default: return -E.NOSYS;
  }
}

export const I386_IPC: readonly SyscallEntry[] = [
  [117, "ipc", ipc, "u d d d p d"],
  [393, "semget", semget, "x d o"],
  [394, "semctl", semctl, "d d d x"],
  [395, "shmget", shmget, "x u o"],
  [396, "shmctl", shmctl, "d d p"],
  [397, "shmat", shmat, "d p o"],
  [398, "shmdt", shmdt, "p"],
  [399, "msgget", msgget, "x o"],
  [400, "msgsnd", msgsnd, "d p u o"],
  [401, "msgrcv", msgrcv, "d p u d o"],
  [402, "msgctl", msgctl, "d d p"],
  [420, "semtimedop_time64", semtimedop(TIME64), "d p u ts64"],
];
