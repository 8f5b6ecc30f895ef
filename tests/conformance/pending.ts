// The scripts of the specification's test suite that need what Strata does not have yet, by what they need. suite_test.ts fails when one of them starts to pass.

/** Paths in the suite by reason. */
export const PENDING: Readonly<Record<string, readonly string[]>> = {
  "proposal: custom descriptors": [
    "proposals/custom-descriptors/array_new_exact.wast",
    "proposals/custom-descriptors/binary-descriptors.wast",
    "proposals/custom-descriptors/br_on_cast.wast",
    "proposals/custom-descriptors/br_on_cast_desc_eq.wast",
    "proposals/custom-descriptors/br_on_cast_desc_eq_fail.wast",
    "proposals/custom-descriptors/br_on_cast_fail.wast",
    "proposals/custom-descriptors/descriptors.wast",
    "proposals/custom-descriptors/exact-casts.wast",
    "proposals/custom-descriptors/exact-func-import.wast",
    "proposals/custom-descriptors/exact.wast",
    "proposals/custom-descriptors/ref_cast_desc_eq.wast",
    "proposals/custom-descriptors/ref_get_desc.wast",
    "proposals/custom-descriptors/struct_new_desc.wast",
  ],
};
