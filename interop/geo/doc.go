// Package geo holds the tests of country lookups against a database of the real world: the CC0 country database on npm, which
// package.json pins. Its data is old and its publisher says it has errors; it is good for testing with, not for deciding.
//
//	npm ci --ignore-scripts && go test -tags integration ./...
//
// The command in gen writes the small databases of testdata/geo.
package geo
