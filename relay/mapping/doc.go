// Package mapping makes events of rows, as a source says: it finds the rows of
// one order, reads the order's values and items out of them, and writes the
// webhook's body. It keeps nothing between files; what was taken before is the
// spool's to know, by the key that each event gets here.
//
//	rows.Reader ─► fill ─► group ─► skip? void? refund? ─► items ─► body ─► event.Normalize ─► Result
//
// Every row that is read is counted in exactly one Result: it is offered,
// refused with a reason, or left out by a named rule.
//
// What the source leaves open is decided here:
//
//   - Without a grouping of its own, a file whose items stand in the order's
//     row (each, columns, from) has an order a row; otherwise rows of one id
//     are an order, wherever they stand in the file. Orders are held until some
//     8 MB of rows are, and then finished, the oldest first. An id that comes
//     again after that is refused, with both rows named.
//   - Of a list of columns, one must be in a table's header: the others may be
//     what the column is called in other exports. All else that is named must be
//     there.
//   - An order whose rows tell different currencies is refused. So is one whose
//     rows are of different days, with more than 6 hours from one to the next: a
//     number that is given anew each day is no id, and a tab that is open over
//     midnight is one order. Rows where those columns are blank, and rows that
//     items.skip leaves out, tell nothing.
//   - A sale whose items sum to less than zero is a refund, whatever the refund
//     rule says; single negative items, as discounts, are items.
//   - An order of which a row is refused is refused as a whole.
//   - A row with a text where the header has no column any more is refused, but
//     for one that a rule leaves out: a delimiter without quotes moved its cells.
//   - A row that cannot be read ends what stands together: the rows after it
//     cannot be told to belong to the order before it.
//   - An id in which a part is blank is no id.
//   - The order of lines is no part of what matters when an order comes again.
//   - An order whose rows are all left out by items.skip is skipped itself.
//   - Refunds within an order are sent also where the order is void, as its
//     sale may have been sent before; not where it is skipped.
//
// Keys without an id (id: rows). A row that has a time is known by a hash of the
// columns that are read, and by its ordinal among the equal ones of its file:
// the same row in another export is the same event. A row without a time is
// known only in its file (File.Scope), by its number; and so is each row of a
// journal, whose rows keep their places.
package mapping
