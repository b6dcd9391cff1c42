package accessrules

// Finding is one thing Lint found.
type Finding struct {
	Code    string `json:"code"`
	Rule    int    `json:"rule"` // -1: the list as a whole
	Message string `json:"message"`
}

func Lint(rules []Rule) []Finding { panic("contract") }
