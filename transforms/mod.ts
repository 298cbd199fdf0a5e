/** Transforms: customers' record formats, run in sandboxed processes. @module */
export { TransformSession } from "./process/transform_session.ts";
export { TransformService, type TransformServiceOptions } from "./service/transform_service.ts";
export { compileTransform } from "./source/compile_transform.ts";
export {
  findTransform,
  infoOf,
  listTransforms,
  readTransform,
  type StoredTransform,
  transformsDir,
} from "./source/transform_files.ts";
