import { policies } from "./policies.ts";
import { serve } from "./serve.ts";

await serve(policies);
