package edge

import (
	"path"
	"strings"
)

// mimeTypes are the types of the files a stream is made of, and of the page around it. The table is fixed: the machine's
// own (/etc/mime.types) takes .ts for a Qt translation or TypeScript and often knows no .m3u8.
var mimeTypes = map[string]string{
	".m3u8": "application/vnd.apple.mpegurl", // RFC 8216, section 4
	".m3u":  "application/vnd.apple.mpegurl",
	".mpd":  "application/dash+xml", // ISO/IEC 23009-1
	".ts":   "video/mp2t",
	".m2ts": "video/mp2t",
	".mp4":  "video/mp4",
	".m4v":  "video/mp4",
	".m4s":  "video/iso.segment",
	".cmfv": "video/mp4",
	".cmfa": "audio/mp4",
	".cmft": "application/mp4",
	".m4a":  "audio/mp4",
	".aac":  "audio/aac",
	".mp3":  "audio/mpeg",
	".ac3":  "audio/ac3",
	".ec3":  "audio/eac3",
	".ogg":  "audio/ogg",
	".opus": "audio/ogg",
	".flac": "audio/flac",
	".wav":  "audio/wav",
	".webm": "video/webm",
	".mov":  "video/quicktime",
	".mkv":  "video/matroska",
	".vtt":  "text/vtt; charset=utf-8",
	".ttml": "application/ttml+xml",
	".srt":  "application/x-subrip",
	".key":  "application/octet-stream", // an HLS segment key
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".png":  "image/png",
	".gif":  "image/gif",
	".webp": "image/webp",
	".avif": "image/avif",
	".svg":  "image/svg+xml",
	".json": "application/json",
	".xml":  "application/xml",
	".txt":  "text/plain; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".mjs":  "text/javascript; charset=utf-8",
}

// mimeType is the type of a file by its name; bytes where the ending says nothing.
func mimeType(name string) string {
	if t, ok := mimeTypes[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "application/octet-stream"
}
