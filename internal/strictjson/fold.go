package strictjson

import "strings"

// CaseVariant gives the name in known that name differs from only by case,
// under Unicode simple folding; "" if there is none or if name is itself
// known. Readers that match names without regard to case, encoding/json among
// them, would take "EXP" or U+017F followed by "ub" for the known name, so a
// check that does not refuse them can be made to see other values than they do.
func CaseVariant(name string, known []string) string {
	variant := ""
	for _, k := range known {
		if name == k {
			return ""
		}
		if strings.EqualFold(name, k) {
			variant = k
		}
	}
	return variant
}
