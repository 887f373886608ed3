// Package dropfolder is the life of a dropped file: it finds files in watched
// folders, waits until they are complete, has them read and made events of,
// hands those over, and puts the files away.
//
//	seen ─► settled ─► hashed ─► read, in batches ─► taken ─► put away
//	                     │             │
//	                     │             └─ rows that are refused: rejected/NAME.rows.csv
//	                     └─ cannot be read at all: rejected/NAME, NAME.why.txt
//
// # Finding
//
// A look through all folders, every few seconds, is the truth; the system's
// word of new files only brings the next look forward, as shares send none and
// bursts overflow. A folder that two sources reach by two paths, as through a link,
// is read by the one that stands first. A look never goes into done/ and rejected/, and takes at most
// a hundredth of the time. Names that programs give to unfinished files are left
// alone, and so are folders, links that lead out of the watched folder, and all
// that is neither file nor link. What another link leads to is copied to done/,
// as the link may lead nowhere from there.
//
// A file is complete when its size, time and identity stood still for the
// source's settle, seen at least twice; or when its marker is there. Only our
// own monotonic clock measures it: a file's time is compared with nothing but
// itself. On Windows nobody else may have the file open. An index.xml is
// complete when no file in its folder has changed, and a file that tables are
// joined with when each of them is there and stood still as well: for one that is
// not there it waits five minutes, and is refused then; so does an index.xml, for
// the tables that are read of those it names. A file that holds nothing
// is left for a minute more, and in mode: rewrite until it holds something.
//
// # Once
//
// What a file holds is known by its SHA-256, of an index.xml with all the files
// that it names, in mode: rewrite with the tables that are joined: not by name,
// time, inode or header. How many of its results
// were handed over is kept in the same transaction as the events, so that a file
// that was left is read again from its start and its first results are not
// offered twice. That the same order is taken once, whatever file it is in, is
// for its key and the spool; all offers have a key. The content is compared by
// size and time before each batch, and so are tables that are joined: a file that
// changed while it was read is left, and begun anew. Rows without ids are known by their place in one content: JSON
// and zips with such rows are read to their end before any of them is handed
// over, as a file that broke off half way would come again, mended, as another.
//
// # A crash
//
// The steps of a file's life, and what the next start does. Each row is a test
// that kills a process there.
//
//	killed after                   left behind                       the next start
//	the file is hashed             nothing                           reads it
//	a batch is on disk             its note: K results               reads it again, leaves out K results,
//	                               .NAME.rows.csv.part in rejected/  writes the rejects anew
//	the last batch is on disk      its note: taken                   puts it away, unread
//	the rejects have their name    the same                          finds them there, moves the file
//	the marker is put away         the same; no marker               puts the file away by its note
//	the tables are put away        the same; of a set its index.xml  puts the index.xml away by its note
//	the file is put away           its note                          sees its target, and takes a file of
//	                                                                 that name for a new one
//	NAME.why.txt is written        the file, and the text            reads it again, and refuses it
//	a part of a journal is on disk its place: offset, check          goes on there
//	rejects of a journal written   .NAME.rows.csv.part, longer than  cuts it at that size, gives it its
//	behind what its place says     the note says                     name, and reads those rows again
//
// A rename that a power cut takes back brings the file back, and nothing of it
// is new. Files that stay (after: keep, mode: rewrite) keep their note, with
// size and time, so that a restart does not read them again.
//
// # Journals
//
// A journal (mode: follow) is read from where it was left. It is the same one
// while the last 4 kB before its former end are; when they are not, it was
// renamed or began anew. One that was renamed beside its place is read to its
// end, under either name; its note goes with it, and stays while the journal is
// gone. Only one that was renamed while no relay ran, and that has nothing in its
// place when the next one starts, is taken for another. Its rows of one order stand together. The last order goes out when
// the journal stood still for settle, and a last line without an end after ten
// minutes: tills that write in blocks leave half a line until the next one.
//
// # Assumptions
//
// One process reads a folder; a lease in it keeps others off (not in our own
// data folder), and whoever holds it is gone when it was not renewed for three
// minutes. A program that keeps a file open, writes nothing for the settle time
// and then goes on, is only noticed on Windows, or by a marker. On systems that
// need a file handle for each file that is watched there are no hints.
package dropfolder
