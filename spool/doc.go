// Package spool is a durable queue in one bbolt file.
//
// # The promise
//
// When Put returns nil, every entry of the batch is on disk, fsynced; when it
// returns an error, none is (Put names the one gap). A record is handed out by
// Claim until its outcome is on disk, over restarts, crashes and failures of
// the disk; it is never dropped to make room. Two records that share a lane
// are never claimed at the same time, and are claimed in the order in which
// they were accepted. What a key or the memory of bodies knows is stored in one
// transaction with the record that it is about, and so are the counts: at
// every instant accepted = pending + sent + dead + discarded + unreadable.
//
// The spool knows bytes and time. It knows nothing of events or HTTP: what a
// body means, what makes two entries the same, who waits for whom and what is
// added up, and by which words people find it, the caller says with keys, lanes,
// tallies and terms, or with a function that is called inside the transaction.
// It knows nothing of the caller's attempts but what their outcome was, and
// remembers the last of those for people to look at. It bounds its memory: a window of the
// pending records that come next is held, the rest stays on disk. Records that
// wait for their lane take room in that window; a lane with more pending
// records than the window (Options.Window) holds up those behind it.
//
// A file that was copied to another machine, or put back in an older state, may
// hold as pending what was sent since. The spool notices that when it is opened
// (Options.Machine, Options.Witness), holds those records until a person
// decides (Doubt, Adopt), and takes and hands out new ones meanwhile. It cannot
// notice a copy that runs on the same machine, a machine that is put back as a
// whole, its witness with it, and a state that is only some seconds old and
// was left by a crash. A restart, a crash, a compaction and a salvage go on
// without a question.
//
// # Files
//
//	spool.db                 the spool: one bbolt file, page size of the system that made it
//	spool.db.lock            locked by the process that has the spool open; stays when it ends
//	spool.db.reserve         2 MiB of zeros, given up when the disk is full, so that outcomes can be stored
//	spool.db.new             a file being made: by creation, compaction or salvage
//	spool.db.salvaged        a salvaged file, whole, that takes the spool's place next
//	spool.db.damaged-TIME    a damaged file, set aside unchanged; a person deletes it
//	spool.db.format-N        a copy made before a migration from format N; a person deletes it
//
// And where Options.Witness says, outside of the folder of those:
//
//	spool.json               the witness: how far each incarnation of the spool was, that ran here
//	spool.json.new           a witness being made
//
// The witness is JSON: {"spools": [{"incarnation": 16 hex digits, "commits": a
// number, "at": a time, "superseded": true or absent}, …]}, the last one at hand
// at the end. It never tells of a commit before that is on disk. Without it, or
// with one that is damaged, the spool goes on, and remembers from then on.
//
// # Bytes
//
// Numbers are big-endian unless a varint (encoding/binary's; "uvarint" without
// sign). "text" is a uvarint of its length and its bytes. The first byte of a
// value is its tag, so that salvage knows a value without its bucket. No tag
// is zero: an empty or zeroed value is invalid.
//
//	bucket    key                                value
//	meta      "format"                           8: the version of this layout (1)
//	          "clock"                            8: high-water mark, milliseconds since 1970
//	          "incarnation"                      8: random; anew after a salvage, and where a copy was found
//	          "before"                           8: the incarnation whose place it took
//	          "machine"                          8: hash of the machine's id
//	          "commits"                          8: how many were made, over compactions
//	          "adopted"                          8: id up to which a person had held records sent
//	records   8: id                              record
//	pending   queue's name, a bucket of 8: id    pending
//	sent      8: id                              ending, tag S
//	dead      8: id                              ending, tag D
//	keys      the caller's                       key
//	bodies    8: time + 1<<63, 16: hash          body
//	young     8: number of a chunk               chunk: keys and bodies of the last commits
//	days      day, 0, tally's key                row
//	counts    queue's name                       counts
//	terms     8: number of a block               block: by which terms the records of 64 ids are found
//	attempts  8: id                              attempts that did not send the record
//	gone      8: id                              gone: who discarded it, or what took its place
//	flow      8: quarter of an hour, queue       flow
//	notes     the caller's                       the caller's; "salvage": JSON of the last Salvage, until seen;
//	                                             "doubt": JSON of a Doubt, until a person has decided;
//	                                             "purge": until what a Purge removed is out of free pages, too
//
// The buckets terms, attempts, gone and flow came later, and are made when a
// file without them is opened: a version that does not know them leaves them as
// they are, drops them when it compacts, and reads all the rest. What it put has
// no terms and is found by id, state and time. What it removed may leave entries
// there; compaction drops those.
//
// The sequence of the bucket records is the last id that was given. Ids are
// never given twice, and sort in the order of acceptance.
//
//	record   0  1  tag R
//	         1  1  version (1)
//	         2  4  CRC-32C of all that follows
//	         6  8  accepted, milliseconds since 1970
//	        14  1  flags
//	        15  1  number of lanes, then 8 bytes each
//	         …     text: queue; text: day
//	         …  1  number of tallies, then text: key, varint: amount, each
//	         …     uvarint: length of the facts, and the facts
//	         …     the body, to the end
//
//	pending  0  1  tag P; a record that was never tried has no more
//	         1  1  flags
//	         2     uvarint: attempts; varint: due, milliseconds since 1970, 0 for now
//	         …     the last error, to the end
//
//	ending   0  1  tag S or D
//	         1  8  since when, milliseconds since 1970
//	         9  1  flags; 128, of a sent record: it has the attempt
//	        10     uvarints: status, attempts, bytes of the record; text: cause
//	         …     with the attempt, uvarints: milliseconds from its beginning to "since when", microseconds that it took
//	         …     the upstream's answer, to the end
//
//	key      0  1  tag K
//	         1     uvarint: id of the record that brought it
//	         …     varint: seen, seconds since 1970
//	         …     uvarint: seconds for which it counts, 0 for ever
//	         …  8  hash of the content behind it; none: not compared
//
//	body     0  1  tag B
//	         1     uvarint: id; varint: link, the caller's own
//
//	chunk    0  1  tag Y
//	         1  4  CRC-32C of all that follows
//	         …  1  k for a key, b for a body
//	         …     text: the key in that bucket; uvarint: length of the value, and the value; and so on
//
//	row      0  1  tag T
//	         1     varints: count and amount of accepted, duplicates, sent, dead, discarded
//
//	counts   0  1  tag C
//	         1     varints: accepted, duplicates, pending, sent, dead, discarded, unreadable
//	         …     varints: the present quarter of an hour, and its accepted, sent, dead, discarded; or nothing
//
//	block    0  1  tag W; the number of the block is that of its ids divided by 64
//	         1  4  CRC-32C of all that follows
//	         5  8  a bit for each id that it knows, the lowest for the first
//	        13  8  8: from and to when those were accepted, milliseconds since 1970
//	        29  5  4: FNV-1a hash of a term, 1: the place of its id in the block; and so on, in the order of ids
//
//	attempts 0  1  tag A
//	         1     uvarint: id of the record whose place it took, or 0
//	         …  1  1: the cause is that of the attempt before, 2: the answer is
//	         …     varint: when it began, milliseconds since 1970; uvarints: microseconds that it took, status
//	         …     text: cause; text: answer; and so on, oldest first
//
//	gone     0  1  tag G
//	         1  8  when, milliseconds since 1970
//	         9     uvarint: id of the record that took its place, or 0
//	         …     the reason, to the end
//
//	flow     0  1  tag F; quarters of an hour are counted from 1970, in UTC
//	         1     varints: accepted, sent, dead, discarded
//
// # Crashes
//
// A kill or a power cut at any moment, what it leaves behind, and what the next
// Open does. Each row is a test of that number (crash_test.go).
//
//	 1 | creation, .new half made            | .new                                  | removes it, and makes the spool
//	 2 | creation, .new renamed              | an empty spool                        | opens it
//	 3 | put, before the meta page           | pages that nothing points to          | sees the file as before the group; nobody had an answer
//	 4 | put, after the meta page            | the group, whole                      | keeps it; the sender had no answer, asks again, and its keys tell
//	 5 | failed commit, before it is undone  | the group, whole or not at all        | takes the file as it is; nobody was told that it was stored
//	 6 | failed commit, undone               | one meta page of zeros                | sees the file as before the group
//	 7 | outcome handed over, not committed  | the record pending                    | the record is due again, Restarted
//	 8 | outcome committed                   | the record sent or dead               | keeps it so
//	 9 | retry committed                     | pending with its attempts and due     | waits as long, but not over MaxDelay
//	10 | rewrite, before the meta page       | the old body                          | hands out the old body
//	11 | rewrite committed                   | the new body                          | hands out the new body
//	12 | retention, between two groups       | the first group gone, the rest there  | goes on with the rest
//	13 | compaction, copying                 | the spool, half a .new                | removes .new
//	14 | compaction, closed before rename    | the spool, a whole .new               | removes .new
//	15 | compaction, renamed                 | the new spool                         | opens it
//	16 | migration, copying                  | the old spool, half a copy            | copies again, and migrates
//	17 | migration, before the meta page     | the old spool, the copy               | copies again, and migrates
//	18 | migration committed                 | the new spool, the copy               | opens it
//	19 | salvage, copying                    | the damaged spool, half a .new        | removes .new, and salvages
//	20 | salvage, .salvaged made             | the damaged spool, .salvaged          | removes .salvaged, and salvages
//	21 | salvage, the damaged file aside     | .salvaged, .damaged-TIME              | makes .salvaged the spool
//	22 | salvage, .salvaged renamed          | the new spool, .damaged-TIME          | opens it
//	23 | reserve, being written              | a short .reserve                      | writes it whole
//	24 | reserve, given up                   | no .reserve                           | makes it when there is room again
//	25 | clock, mark not yet written         | a mark that is a minute old           | takes the mark for the least time that it can be
//	26 | any time                            | .lock, held by nobody                 | locks it
//	27 | doubt noticed, not yet committed    | the copy, as it was put back          | notices it again, and holds the same
//	28 | doubt committed, witness not told   | a held spool, a witness of the old    | holds; tells the witness what was superseded
//	29 | witness, being written              | a witness that is older, half a .new  | takes it as it is, and writes .new anew
//	30 | commit, witness not yet told        | a witness that is behind              | goes on
//	31 | held records, some buried           | some dead, the rest held              | holds the rest
//	32 | decision committed                  | no doubt                              | sends what was held, as Unknown
//	33 | replacement, before the meta page   | the old record                        | keeps it; nobody had an answer
//	34 | replacement committed               | the new record, the old one gone      | keeps it so
//	35 | purge, between two groups           | the first group gone, note "purge"    | compacts; the rest waits for another purge
//	36 | purge, compacting                   | all gone, note "purge", half a .new   | removes .new, and compacts
//	37 | later buckets, before the meta page | the file of an older version          | makes them
//	38 | quarter of an hour over, committed  | it in flow, the next behind counts    | goes on counting
package spool
