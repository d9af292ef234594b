// Preloaded (--expose-gc --require) into a lift86 whose parent asks by IPC what is alive in its heap: answers with MiB after a full collection, and resident.
process.on("message", () => {
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  process.send({ live: heapUsed / 2 ** 20, resident: rss / 2 ** 20 });
});
process.channel.unref();
