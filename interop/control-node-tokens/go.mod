module github.com/streamtoken/streamtoken/interop/control-node-tokens

go 1.26.4

replace github.com/streamtoken/streamtoken => ../..

replace github.com/streamtoken/streamtoken/interop/control-node-rotate => ../control-node-rotate

require (
	github.com/streamtoken/streamtoken v0.0.0-00010101000000-000000000000
	github.com/streamtoken/streamtoken/interop/control-node-rotate v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/fsnotify/fsnotify v1.10.1 // indirect
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
