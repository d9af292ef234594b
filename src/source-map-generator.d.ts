/** The part of source-map that only writes maps: no WebAssembly, nothing of Node's. */
declare module "source-map/lib/source-map-generator.js" {
  export { SourceMapGenerator } from "source-map";
}
