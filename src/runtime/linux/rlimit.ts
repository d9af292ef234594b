/** Resource limits (getrlimit(2)); Infinity is RLIM_INFINITY. */

export const enum Rlimit { CPU, FSIZE, DATA, STACK, CORE, RSS, NPROC, NOFILE, MEMLOCK, AS, LOCKS, SIGPENDING, MSGQUEUE, NICE, RTPRIO, RTTIME }

export const RLIMIT_COUNT = 16;

export interface Limit {
  soft: number;
  hard: number;
}

const DEFAULTS: Readonly<Record<number, Limit>> = {
  [Rlimit.STACK]: { soft: 8 << 20, hard: Infinity },
  [Rlimit.CORE]: { soft: 0, hard: Infinity },
  [Rlimit.NPROC]: { soft: 512, hard: 512 },
  [Rlimit.NOFILE]: { soft: 1024, hard: 4096 },
  [Rlimit.MEMLOCK]: { soft: 8 << 20, hard: 8 << 20 },
  [Rlimit.SIGPENDING]: { soft: 1024, hard: 1024 },
  [Rlimit.MSGQUEUE]: { soft: 819200, hard: 819200 },
  [Rlimit.NICE]: { soft: 0, hard: 0 },
  [Rlimit.RTPRIO]: { soft: 0, hard: 0 },
};

export class Rlimits {
  private readonly list: Limit[] = [];

  constructor(from?: Rlimits) {
    for (let i = 0; i < RLIMIT_COUNT; i++) this.list.push({ ...(from?.list[i] ?? DEFAULTS[i] ?? { soft: Infinity, hard: Infinity }) });
  }

  get(resource: number): Limit {
    return this.list[resource]!;
  }

  set(resource: number, limit: Limit): void {
    this.list[resource] = limit;
  }
}
