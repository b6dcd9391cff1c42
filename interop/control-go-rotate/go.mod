module github.com/streamtoken/streamtoken/interop/control-go-rotate

go 1.26.4

replace github.com/streamtoken/streamtoken => ../..

require (
	github.com/cloudflare/cloudflare-go/v7 v7.7.0
	github.com/go-jose/go-jose/v4 v4.1.8
	github.com/streamtoken/streamtoken v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/fsnotify/fsnotify v1.10.1 // indirect
	github.com/tidwall/gjson v1.14.4 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
