export { testPolicies, type TestQuestion, type TestResult } from "./policies/test_policy.ts";
export { type CheckOptions, checkPolicies, type Finding } from "./policies/check_policy.ts";
export { PolicyTestError } from "./policies/policy_test_error.ts";
