/** For the transpiled sources, where imports of types are gone. */
module.exports = {
  forbidden: [{ name: "no-cycles", severity: "error", from: {}, to: { circular: true } }],
  options: { doNotFollow: { path: "node_modules" } },
};
