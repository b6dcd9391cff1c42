// Package strictjson reads JSON the way a security check must.
//
// One document has one meaning. encoding/json lets the last of two equal
// names win, matches names without regard to case and replaces broken text
// silently; two readers of one token may then see different claims, and the
// one that checks need not be the one that acts. A Reader refuses all of that,
// and a refusal costs no more than the bytes it read. Parse reads a document
// whole.
//
// Beyond the grammar of RFC 8259 it refuses:
//   - text that is not UTF-8, a byte order mark, and escapes that name half a
//     surrogate pair (RFC 8259, section 8.2, leaves these to the reader);
//   - a name that occurs twice in one object, at any depth, compared after
//     unescaping (RFC 8259, section 4, calls such an object unpredictable);
//   - arrays and objects nested deeper than MaxDepth.
//
// It does not bound the size of the document, the size of a number or the
// count of members: the caller knows what is reasonable.
package strictjson
