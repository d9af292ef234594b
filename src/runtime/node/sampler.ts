import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { RunSamples } from "../inspect/guest-profile.js";

/** Milliseconds to wait for the thread's samples: it may still be starting. */
const PATIENCE = 30_000;
/** Elements of the shared array: where the run is, what the thread is to do, whether it has given its samples. */
const enum At { where, wanted, gone, length }
const enum Step { none, sampling, done }

/** What the thread does. As text, so that it is there however this module was bundled. */
const THREAD = `
const { workerData: { shared, began, interval, port } } = require("node:worker_threads");
const time = () => performance.timeOrigin + performance.now() - began[0];
let where = new Int32Array(4096), at = new Float64Array(4096), count = 0;
while (Atomics.load(shared, ${At.wanted}) === ${Step.none}) Atomics.wait(shared, ${At.wanted}, ${Step.none});
while (Atomics.load(shared, ${At.wanted}) < ${Step.done}) {
  Atomics.wait(shared, ${At.wanted}, ${Step.sampling}, interval);
  if (count === where.length) {
    const more = [new Int32Array(2 * count), new Float64Array(2 * count)];
    more[0].set(where);
    more[1].set(at);
    [where, at] = more;
  }
  where[count] = Atomics.load(shared, ${At.where});
  at[count++] = time();
}
port.postMessage({ where: where.slice(0, count), at: at.slice(0, count), end: time() });
Atomics.store(shared, ${At.gone}, 1);
Atomics.notify(shared, ${At.gone});
`;

/** A thread that looks again and again where a run is. */
export interface Sampler {
  /** Whoever runs writes to element 0 where it is. In shared memory. */
  readonly now: Int32Array;
  /** Look from now on, or, if the thread is still starting, from when it is there (some 30 ms after `startSampler`). */
  begin(): void;
  /** The run is over: what was seen. */
  stop(): RunSamples;
}

/** `interval`: milliseconds from look to look. The thread starts now, and does nothing until `begin`. */
export function startSampler(interval: number): Sampler {
  const shared = new Int32Array(new SharedArrayBuffer(4 * At.length)), began = new Float64Array(new SharedArrayBuffer(8)), { port1, port2 } = new MessageChannel();
  const worker = new Worker(THREAD, { eval: true, workerData: { shared, began, interval, port: port2 }, transferList: [port2], execArgv: [], env: {} });
  // Whatever becomes of the run, the thread keeps no process alive.
  worker.unref();
  const want = (step: Step): void => {
    Atomics.store(shared, At.wanted, step);
    Atomics.notify(shared, At.wanted);
  };
  return {
    now: shared.subarray(At.where, At.where + 1),
    begin() {
      began[0] = performance.timeOrigin + performance.now();
      want(Step.sampling);
    },
    stop() {
      want(Step.done);
      if (Atomics.wait(shared, At.gone, 0, PATIENCE) === "timed-out") throw new Error("the thread that takes samples does not answer");
      const { message } = receiveMessageOnPort(port1) as { message: Omit<RunSamples, "began"> };
      port1.close();
      return { began: began[0]! - performance.timeOrigin, ...message };
    },
  };
}
