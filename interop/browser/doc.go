// Package browser plays the demonstration's video in Chromium and Firefox. The tests need both, Node and the packages
// of package-lock.json (npm ci --ignore-scripts), and the build tag "integration".
package browser
