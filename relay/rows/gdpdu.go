package rows

import (
	"errors"
	"io/fs"
)

// openGDPdU reads the table o.Table as the index.xml of that name describes it.
func openGDPdU(fsys fs.FS, index string, o Options) (records, error) {
	return nil, errors.New("gdpdu is not read yet")
}
