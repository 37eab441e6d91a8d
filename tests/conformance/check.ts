import type { Subject } from "./subject.ts";

/** Something that every proxy must do: what, and a function that throws when it doesn't. */
export type Check = readonly [name: string, check: (subject: Subject) => Promise<void>];
