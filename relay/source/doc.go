// Package source holds what a person writes about a way in: where its files
// lie, how they are written, and which column becomes what. It does nothing by
// itself: rows reads the files as it says, mapping makes the events, dropfolder
// watches.
//
// Four forms of a value go everywhere (Value): a column's name or a JSON path;
// a list of them, of which the first that is not empty counts; "{A} {B}", a
// text with columns and the path's captures put in; "= expr", a calculation. A
// Text is a literal, which {A} and = are put into in the same way. One form of
// a condition goes everywhere (Matcher).
package source
