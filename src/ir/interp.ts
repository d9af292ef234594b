import type { LibEnv } from "./env.js";
import { Exit } from "./exit.js";
import type { Block, Inst } from "./inst.js";
import { GuestFault } from "./memory.js";
import { OP } from "./ops.js";
import { DIRTY, EXIT_ARG, LEFT, PC } from "./state.js";
import { laneAt, prepare } from "./steps.js";

/**
 * Tier 0: execute one block on a vCPU. Retires its instructions from LEFT, leaves PC at the next one (at the faulting one with Exit.fault)
 * and says why it stopped; Exit.none means the block ended normally.
 */
export function interpret(block: Block, env: LibEnv): Exit {
  const { insts } = block;
  if (insts.length > 0 && insts[0]!.slot < 0) prepare(block);
  const { S } = env;
  // Instructions begun; all but the last of these have retired if it faults.
  run.begun = 0;
  run.pc = block.pc;
  try {
    const stopped = execute(insts, env, S);
    if (stopped) {
      S[LEFT >> 2]! -= run.begun;
      run.begun = 0;
      S[PC >> 2] = run.pc;
      return Exit.none;
    }
  } catch (e) {
    if (!(e instanceof GuestFault)) throw e;
    env.fault = e;
    S[LEFT >> 2]! -= run.begun - 1;
    run.begun = 0;
    S[PC >> 2] = run.pc;
    return Exit.fault;
  }
  const t = block.term;
  let exit = Exit.none;
  switch (t.kind) {
    case "jump": S[PC >> 2] = t.target; break;
    case "branch": S[PC >> 2] = laneAt(t.cond.slot) ? t.taken : t.fallthrough; break;
    case "indirect": S[PC >> 2] = laneAt(t.target.slot); break;
    case "exit":
      S[PC >> 2] = t.next;
      S[EXIT_ARG >> 2] = t.arg;
      exit = t.reason;
      break;
    case "trap":
      S[PC >> 2] = t.next;
      env.fault = new GuestFault(t.vector, t.errorCode);
      // A fault does not retire its instruction, a trap (which goes on behind it) does.
      if (t.next === run.pc) run.begun--;
      exit = Exit.fault;
  }
  S[LEFT >> 2]! -= run.begun;
  run.begun = 0;
  return exit;
}

/** Where the interpreter is: shared with the catch clause without an allocation. */
const run = { pc: 0, begun: 0 };

/** Instructions of the block being interpreted that have retired at this moment, not counted in LEFT yet; 0 between blocks. */
export function retiredInBlock(): number {
  return run.begun > 0 ? run.begun - 1 : 0;
}

/** Returns true if it stopped before an instruction because translated code changed. */
function execute(insts: readonly Inst[], env: LibEnv, S: Int32Array): boolean {
  for (let k = 0; k < insts.length; k++) {
    const i = insts[k]!;
    if (i.op !== OP.insn) {
      i.step!(i, env);
      continue;
    }
    if (S[DIRTY >> 2]) {
      S[DIRTY >> 2] = 0;
      if (run.begun > 0) {
        run.pc = i.imm;
        return true;
      }
    }
    run.pc = i.imm;
    run.begun++;
  }
  return false;
}
