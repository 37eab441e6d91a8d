export { testPolicies, type TestQuestion, type TestResult } from "./policies/test_policy.ts";
export { type CheckOptions, checkPolicies, type Finding } from "./policies/check_policy.ts";
export { PolicyTestError } from "./policies/policy_test_error.ts";
export { type ArgumentsOf, type ShapeTestQuestion, testShapes } from "./shapes/test_shape.ts";
export { checkShapes } from "./shapes/check_shape.ts";
