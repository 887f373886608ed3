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
	var upper [3]byte
	for i, c := range text {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	low, high := 0, len(currencies)/3
	for low < high {
		middle := (low + high) / 2
		switch code := currencies[middle*3 : middle*3+3]; {
		case code == string(upper[:]):
			return code, true
		case code < string(upper[:]):
			low = middle + 1
		default:
			high = middle
		}
	}
	return "", false
}
