// Package values makes values out of rows: texts, amounts, numbers, times,
// conditions and calculations, as a person wrote them in a source.
//
// A Compiler turns what was written (source.Value, source.Text,
// source.Matcher) into Values and Matchers once; what is wrong with it comes
// back as Faults, all at once. A Value is then asked for each order or line,
// with a Scope that says what its columns are looked up in. Nothing here
// guesses: an amount that can be read in two ways, a date that fits no pattern
// and an abbreviation of a timezone that is not used on that day are errors,
// which name the column and its text.
//
// Values and Matchers may be used concurrently; a Compiler may not.
//
// # Empty
//
// A cell of blanks, an absent key and null are empty. An empty column in a
// calculation counts as 0 beside other numbers; when all are empty, so is
// the result. A spreadsheet's guards of a cell (="0123", '0123) are taken off.
//
// # Calculations
//
// After = stand columns as money("Net Sales"), num("Qty") and text("Item"),
// numbers, texts, lists, + - * / and comparisons, and, or, not, in, ??, a ? b : c,
// contains, startsWith, endsWith, matches, and the functions abs, round(x, 2),
// min, max, len, trim, trimPrefix, trimSuffix, upper, lower, split, replace,
// indexOf, lastIndexOf, hasPrefix, hasSuffix, first, last and string. money and
// num take a calculated text as well: num(replace(text("Qty"), "x", "")). All
// numbers are Decimals, so that cents stay exact.
//
// # Dates
//
// Patterns have the letters of Java, and Excel's where they say the same:
// d dd, M MM MMM MMMM, yy (2000 to 2099) yyyy, H HH, h hh with a, m mm, s ss,
// S to SSSSSSSSS, Z or XXX (an offset, which wins over values.zone), z (an
// abbreviation or an offset), EEE or ddd (read, not looked at). One letter or
// two fit one digit or two, unless digits follow at once. Names of months are
// English, German, French, Spanish, Italian, Dutch or Polish.
//
// # Amounts
//
// Amounts and numbers are exact decimals (Decimal), and become minor units of
// the currency with its number of digits by ISO 4217, halves away from zero.
package values
