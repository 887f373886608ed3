// Package learn finds out how files are to be mapped: it looks at samples of an
// export and writes the entry of sources that reads it.
//
//	samples ─► tables ─► a known export? ─┬─► preset and what it leaves open
//	                                      └─► amounts ─► dates ─► order key ─► items ─► kinds
//	                                                            └─► Finding: entry, reasons, questions
//
// Nothing is guessed silently. What is in the Finding's source was seen in the
// files, and Because says where; what the files leave open is a Question, with
// the ways to answer it and what each means. The proofs are:
//
//   - day and month: a number over 12 in either place, in any of the files;
//   - decimal sign: an amount that can be read in one way only;
//   - order key: a column that is named as one, in seven languages, and whose
//     rows of one value stand together and have one day. Where numbers begin
//     anew, the columns that make them whole are looked for. A column that only
//     looks like a key is offered, and not taken;
//   - price of one piece or of the line: the sums with the columns beside it.
package learn
