package accessrules

import "strconv"

// fieldError places an error at one entry of a rule's list.
type fieldError struct {
	field string
	index int
	err   error
}

func (e *fieldError) Error() string {
	return e.field + "[" + strconv.Itoa(e.index) + "]: " + e.err.Error()
}

func (e *fieldError) Unwrap() error { return e.err }

// ruleError places an error at one rule of a list, by its index as the JSON has it: accessRules[2].ip[0]: ...
type ruleError struct {
	rule int
	err  error
	self bool // err is about the rule itself, not about one of its fields
}

func (e *ruleError) Error() string {
	sep := "."
	if e.self {
		sep = ": "
	}
	return "accessRules[" + strconv.Itoa(e.rule) + "]" + sep + e.err.Error()
}

func (e *ruleError) Unwrap() error { return e.err }
