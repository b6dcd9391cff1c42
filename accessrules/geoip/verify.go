package geoip

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Field types and marks of the format ("MaxMind DB File Format Specification", version 2.0).
const (
	typeString = 2 << 5
	typeUint16 = 5 << 5
	typeUint32 = 6 << 5
	typeMap    = 7 << 5
)

// verify checks the whole file: metadata, search tree, separator and every entry.
//
// The reader's Verify wants a description in the metadata, as the specification does, and stops there without one. Free
// databases have been published without, and such a one is whole nevertheless: it is verified as it is, but for the metadata,
// which is written anew with a description.
func verify(reader *maxminddb.Reader, data []byte) error {
	if len(reader.Metadata.Description) > 0 {
		return reader.Verify()
	}
	mark := []byte("\xab\xcd\xefMaxMind.com")
	end := bytes.LastIndex(data, mark) + len(mark) // OpenBytes has found it there
	described, err := maxminddb.OpenBytes(appendMetadata(bytes.Clone(data[:end]), reader.Metadata))
	if err != nil {
		return err
	}
	was, is := reader.Metadata, described.Metadata
	if is.NodeCount != was.NodeCount || is.RecordSize != was.RecordSize || is.IPVersion != was.IPVersion ||
		is.BinaryFormatMajorVersion != was.BinaryFormatMajorVersion || is.BinaryFormatMinorVersion != was.BinaryFormatMinorVersion {
		return errors.New("a number in the metadata is out of range") // and was cut when it was written anew
	}
	return described.Verify()
}

// appendMetadata writes the metadata on which the structure depends, and placeholders for the texts that Verify wants.
func appendMetadata(dst []byte, m maxminddb.Metadata) []byte {
	num := func(name string, kind byte, value uint) {
		dst = appendText(dst, name)
		dst = binary.BigEndian.AppendUint32(append(dst, kind|4), uint32(value))
	}
	num16 := func(name string, value uint) {
		dst = appendText(dst, name)
		dst = binary.BigEndian.AppendUint16(append(dst, typeUint16|2), uint16(value))
	}
	dst = append(dst, typeMap|7)
	num16("binary_format_major_version", m.BinaryFormatMajorVersion)
	num16("binary_format_minor_version", m.BinaryFormatMinorVersion)
	num16("ip_version", m.IPVersion)
	num16("record_size", m.RecordSize)
	num("node_count", typeUint32, m.NodeCount)
	dst = appendText(appendText(dst, "database_type"), "unnamed")
	dst = append(appendText(dst, "description"), typeMap|1)
	return appendText(appendText(dst, "en"), "none")
}

// appendText writes a string of at most 28 bytes.
func appendText(dst []byte, s string) []byte {
	return append(append(dst, typeString|byte(len(s))), s...)
}
