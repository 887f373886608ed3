package values

import (
	"strings"
	"sync"
)

// months are the names of the months in English, German, French, Spanish,
// Italian, Dutch and Polish (both cases), with their abbreviations and without
// accents where they are left out.
const months = `
	jan january januar jänner jaenner janvier janv enero ene gennaio gen januari styczeń stycznia sty styczen
	feb february februar febr fevrier février févr fevr fév febrero febbraio februari luty lutego lut
	mar march märz maerz marz mär mrz mars marzo maart mrt marzec marca
	apr april avril avr abril abr aprile kwiecień kwietnia kwi kwiecien
	may mai mayo maggio mag mei maj maja
	jun june juni juin junio giugno giu czerwiec czerwca cze
	jul july juli juillet juil julio luglio lug lipiec lipca lip
	aug august août aout aoû agosto ago augustus sierpień sierpnia sie sierpien
	sep sept september septembre septiembre setiembre settembre set wrzesień września wrz wrzesien wrzesnia
	oct october oktober okt octobre octubre ottobre ott październik października paź pazdziernik pazdziernika paz
	nov november novembre noviembre listopad listopada lis
	dec december dezember dez décembre decembre déc diciembre dic dicembre grudzień grudnia gru grudzien
`

var monthNames = sync.OnceValue(func() map[string]int {
	names := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(months), "\n") {
		for _, name := range strings.Fields(line) {
			names[name] = i + 1
		}
	}
	return names
})

// monthNamed is the month, from 1, of a name or abbreviation in any case.
func monthNamed(word string) (month int, ok bool) {
	names := monthNames()
	if month, ok = names[word]; ok {
		return month, ok
	}
	var room [24]byte
	lower := room[:0]
	for i := range len(word) {
		c := word[i]
		switch {
		case c >= 0x80:
			month, ok = names[strings.ToLower(word)]
			return month, ok
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		lower = append(lower, c)
	}
	month, ok = names[string(lower)]
	return month, ok
}
