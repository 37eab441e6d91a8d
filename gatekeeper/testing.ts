export { testPolicies, type TestQuestion, type TestResult } from "./policies/test_policies.ts";
export { type CheckOptions, checkPolicies, type Finding } from "./policies/check_policies.ts";
export { PolicyTestError } from "./policies/policy_test_error.ts";
