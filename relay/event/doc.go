// Package event is the webhook's contract: what an event is, what makes a body
// legal for the upstream, and the stamp that it gets when its sender gave no
// dateTime. It imports nothing of ours. Every rule names the sentence of the
// vendor's contract that it comes from.
//
// The way of a body:
//
//	bytes ─► SplitBatch ─► Normalize ─► Event ─► Settle (in the spool's transaction) ─► fixed bytes
//	form  ─► FromForm ───────┘            │                                              │
//	                                      ├─ RepeatKey, Lanes                         Restamp (a refused stamp of ours)
//
// Normalize reads JSON in one pass over the bytes and decodes nothing that it
// need not: names, numbers and strings stay as their sender wrote them, and a
// body that is legal as it stands is passed on untouched. What the contract
// leaves open is decided here:
//
//   - null and blank strings count as absent where the contract gives a member a
//     meaning; in email, session and dateTime so do [] and {}, when nested
//     values are flattened.
//   - An empty purchase_data with another action than a purchase is dropped.
//   - A required member of an item must be text or a number and not blank;
//     amounts may be negative (money that went back) but have neither point nor
//     exponent.
//   - Names that stand twice, half surrogate pairs and more than 64 levels are
//     refused, though JSON's grammar allows them.
//   - An action may be anything but "." and "..", which do not arrive.
package event
