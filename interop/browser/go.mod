module github.com/streamtoken/streamtoken/interop/browser

go 1.26
