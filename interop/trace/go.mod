module github.com/streamtoken/streamtoken/interop/trace

go 1.26.4

require (
	github.com/streamtoken/streamtoken v0.0.0-00010101000000-000000000000
	golang.org/x/arch v0.32.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/stretchr/testify v1.12.1
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/streamtoken/streamtoken => ../..
