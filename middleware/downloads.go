package middleware

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// defaultDownloads are the paths that Stream serves only to tokens that say downloadable (Cloudflare Stream: download
// videos; live instant clipping).
var defaultDownloads = []string{"downloads/**", "clip.mp4"}

// pattern is a path relative to the resource, folded, split into segments. A final "**" is below.
type pattern struct {
	segments []string
	below    bool
}

func compileDownloads(list []string) ([]pattern, error) {
	if list == nil {
		list = defaultDownloads
	}
	patterns := make([]pattern, 0, len(list))
	for _, s := range list {
		var p pattern
		for segment := range strings.SplitSeq(s, "/") {
			switch {
			case p.below:
				return nil, fmt.Errorf("middleware: DownloadPaths %q: ** must be the last segment", s)
			case segment == "**":
				p.below = true
			case segment == "" || segment == "." || segment == ".." || strings.Contains(segment, "**"):
				return nil, fmt.Errorf("middleware: DownloadPaths %q: not a relative path or pattern", s)
			default:
				p.segments = append(p.segments, foldSegment(segment))
			}
			if n := len(p.segments); n > 0 && p.segments[n-1] == "" {
				return nil, fmt.Errorf("middleware: DownloadPaths %q: a segment of dots and spaces", s)
			}
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

// IsDownload tells whether rest, the decoded path after the token or subject ("downloads/default.mp4", with or without a
// slash before it), needs a downloadable token where Config.DownloadPaths is nil. It is for those who judge a signed URL
// without serving it, and looks at neither token nor method.
func IsDownload(rest string) bool {
	patterns, err := compileDownloads(nil)
	return err != nil || isDownload(patterns, rest)
}

// isDownload says whether rest, the decoded path after the first segment, is one that needs a downloadable token.
func isDownload(patterns []pattern, rest string) bool {
	rest = strings.Trim(rest, "/") // a final slash does not make another file of it
	for _, p := range patterns {
		if p.matches(rest) {
			return true
		}
	}
	return false
}

func (p pattern) matches(path string) bool {
	for i, want := range p.segments {
		segment, rest, more := strings.Cut(path, "/")
		if !matchSegment(want, segment) {
			return false
		}
		path = rest
		if !more {
			return i == len(p.segments)-1
		}
	}
	return p.below || path == "" && len(p.segments) > 0
}

// matchSegment compares as the most forgiving file system would: without regard to case, to final dots and spaces, to
// invisible characters (ext4 and HFS+ where they fold case), and to what follows a colon (a stream of the file, NTFS).
// An origin on one of these would serve "Clip.MP4." or "clip.mp4::$DATA" for clip.mp4.
func matchSegment(want, segment string) bool {
	if segment != "" && segment[0]|want[0] < utf8.RuneSelf && segment[0]|0x20 != want[0]|0x20 && want[0] != '*' {
		return false // no file system takes one ASCII letter for another: the usual answer, at once
	}
	segment = strings.TrimRightFunc(visible(segment), droppedAtEnd)
	if matchName(want, segment) || shortName(want, segment) {
		return true
	}
	name, _, stream := strings.Cut(segment, ":")
	return stream && matchName(want, strings.TrimRightFunc(name, droppedAtEnd))
}

func matchName(want, name string) bool {
	if strings.IndexByte(want, '*') < 0 {
		return strings.EqualFold(want, name)
	}
	return glob(want, foldSegment(name))
}

// shortName says whether name could be the second name that FAT and NTFS give a long one: up to six of its characters,
// or two and a checksum, then "~" and a digit, as DOWNLO~1 for downloads.
func shortName(want, name string) bool {
	i := strings.IndexByte(name, '~')
	if i < 2 || i > 6 || i+1 == len(name) || name[i+1] < '0' || name[i+1] > '9' || len(want) < 2 {
		return false
	}
	return strings.EqualFold(want[:2], name[:2])
}

// visible leaves out what file systems that fold case take for nothing (Unicode, Default_Ignorable_Code_Point).
func visible(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
					return -1
				}
				return r
			}, s)
		}
	}
	return s
}

func droppedAtEnd(r rune) bool { return r == '.' || r == ' ' }

// glob matches "*" to any run of bytes, in time proportional to the product of the lengths at worst.
func glob(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && pattern[i] == s[j]:
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// foldSegment maps letters that differ in case alone to one of them, as strings.EqualFold compares.
func foldSegment(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, strings.TrimRightFunc(s, droppedAtEnd))
}
