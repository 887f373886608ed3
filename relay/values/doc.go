// Package values makes values out of rows: texts, amounts, numbers, times,
// conditions and calculations, as a person wrote them in a source.
//
// A Compiler turns what was written (source.Value, source.Text,
// source.Matcher) into Values and Matchers once; what is wrong with it comes
// back as Faults, all at once. A Value is then asked for each order or line,
// with a Scope that says what its columns are looked up in. Nothing here guesses: an amount that
// can be read in two ways, a date that fits no pattern and an abbreviation of
// a timezone that is not used on that day are errors, which name the column
// and its text.
//
// Values and Matchers may be used concurrently; a Compiler may not.
//
// # Empty
//
// A cell of blanks, an absent key and null are empty. An empty column in a
// calculation counts as 0 beside other numbers; when all are empty, so is
// the result. A spreadsheet's guards of a cell (="0123", '0123) are taken off.
//
// # Amounts
//
// Amounts and numbers are exact decimals (Decimal), and become minor units of
// the currency with its number of digits by ISO 4217, halves away from zero.
package values
