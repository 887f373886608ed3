package source

// Read says how a file is written. What is left out is found in the file.
type Read struct {
	// Type is csv, json or gdpdu (an index.xml that describes tables, as in
	// DSFinV-K). A zip of any of them is opened. Default: by the content.
	Type string `yaml:"type"`

	// Encoding is that of files which are neither UTF-8 nor UTF-16: cp437,
	// ibm850, windows-1252, iso-8859-15, macintosh and so on. Default:
	// windows-1252.
	Encoding string `yaml:"encoding"`

	// Delimiter is the one between cells: one character, or tab. Default: of
	// comma, semicolon, tab and | the one that fits.
	Delimiter string `yaml:"delimiter"`

	// Header is the names by which the header is known (what stands before it
	// is left out), or none: columns are then numbers, from 0. Default: the
	// first row that holds the columns of the mapping.
	Header Header `yaml:"header"`

	// End is the first row after the table, as a sum below it. Default: none.
	End Matcher `yaml:"end"`

	// Records tells the kinds of rows apart where a file holds several: order
	// (its cells belong to all rows up to the next) and item. Rows of neither
	// kind are left out. Default: none.
	Records *Records `yaml:"records"`

	// Fill are columns that are blank where they are as in the row above.
	// Default: none.
	Fill []string `yaml:"fill"`

	// Rows is the path of the array in a JSON document, as in data.orders.
	// Default: the document itself.
	Rows string `yaml:"rows"`

	// Table is the file of the index.xml whose rows are read. Required for
	// gdpdu.
	Table string `yaml:"table"`

	// Join adds the columns of other tables of the index.xml, or of CSV files
	// beside the file, to each row. Default: none.
	Join []Join `yaml:"join"`
}

// Header is how a table's header is found. The zero Header: by the columns
// that the mapping names.
type Header struct {
	None  bool
	Names []string
}

// Records are the kinds of rows in one file.
type Records struct {
	// Order is how a row of an order looks. Required.
	Order Matcher `yaml:"order"`

	// Item is how a row of an item looks. Required.
	Item Matcher `yaml:"item"`
}

// Join adds the columns of another table.
type Join struct {
	// Table is the other file's name. Required.
	Table string `yaml:"table"`

	// By are the columns that are equal in both. Required.
	By []string `yaml:"by"`

	// Sum are columns that are added up where several rows fit; of others the
	// first counts. Default: none.
	Sum []string `yaml:"sum"`
}

// Values says how dates and amounts are written.
type Values struct {
	// Date is one pattern or several, as in dd.MM.yyyy HH:mm:ss (d, M, y, H, h,
	// m, s, S, a; Z for an offset, z for an abbreviation such as EST, EEE for a
	// weekday; other letters in quotes), or iso, unix, unix_ms. Day and month
	// are never guessed. Default: iso.
	Date []string `yaml:"date"`

	// Zone is where the dates were written: an IANA, Windows or Rails name, or
	// a text such as "{Time Zone}" that yields one. Default: the site's.
	Zone Text `yaml:"zone"`

	// Money is an amount as the file writes it: "1.234,56", "$1,234.56",
	// "1'234.50", "1234", or cents. Default: found, and refused where it could
	// be read in two ways.
	Money string `yaml:"money"`
}
