package event

import "bytes"

// currencies are the codes of ISO 4217, sorted: those in use, those of funds
// and metals, and those withdrawn since 2010, in which old sales may be
// counted. XXX (no currency) and XTS (for tests) are left out.
const currencies = "AEDAFNALLAMDANGAOAARSAUDAWGAZN" +
	"BAMBBDBDTBGNBHDBIFBMDBNDBOBBOVBRLBSDBTNBWPBYNBYRBZD" +
	"CADCDFCHECHFCHWCLFCLPCNYCOPCOUCRCCUCCUPCVECZK" +
	"DJFDKKDOPDZDEEKEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYD" +
	"HKDHNLHRKHTGHUFIDRILSINRIQDIRRISKJMDJODJPY" +
	"KESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLTLLVLLYD" +
	"MADMDLMGAMKDMMKMNTMOPMROMRUMURMVRMWKMXNMXVMYRMZN" +
	"NADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWF" +
	"SARSBDSCRSDGSEKSGDSHPSLESLLSOSSRDSSPSTDSTNSVCSYPSZL" +
	"THBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUSNUSSUYIUYUUYWUZS" +
	"VEDVEFVESVNDVUVWSTXADXAFXAGXAUXBAXBBXBCXBDXCDXCGXDRXOFXPDXPFXPTXSUXUA" +
	"YERZARZMKZMWZWGZWL"

// currencyCode is the code that text means, in upper case; text may have blanks
// around it.
func currencyCode(text []byte) (code string, ok bool) {
	if len(text) != 3 {
		if text = bytes.TrimSpace(text); len(text) != 3 {
			return "", false
		}
	}
	wanted := 0
	for _, c := range text {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		wanted = wanted<<8 | int(c)
	}
	low, high := 0, len(currencies)
	for low < high {
		i := (low + high) / 6 * 3
		switch here := int(currencies[i])<<16 | int(currencies[i+1])<<8 | int(currencies[i+2]); {
		case here == wanted:
			return currencies[i : i+3], true
		case here < wanted:
			low = i + 3
		default:
			high = i
		}
	}
	return "", false
}
