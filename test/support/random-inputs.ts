import fc from "fast-check";

/**
 * fast-check with the same inputs in every run, so that who changed nothing sees nothing fail. For others: LIFT86_SEED=N npm test. What such a run finds becomes a test of its own.
 */
fc.configureGlobal({ seed: Number(process.env["LIFT86_SEED"] ?? 86) });

export default fc;
