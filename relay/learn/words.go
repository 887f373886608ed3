package learn

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// role is what a column can be.
type role uint8

const (
	noRole role = iota
	roleID
	roleAt
	roleClock // the time of day, beside a date
	roleEmail
	roleCurrency
	roleSKU
	roleLabel
	roleQty
	rolePrice
	roleTotal
	roleTax
	roleDiscount
	roleOrderTotal
	roleZone
	roleKind
	roleStore
	roleTill
	roleChannel
	roleCustomer
	roleClosing // what a till counts its receipts within
)

// words are the names of a role, the surest first: English, German, French,
// Spanish, Italian, Dutch, Polish. They are written as plainWords leaves them;
// a * at the end of a word stands for any ending.
func words(r role) []string {
	switch r {
	case roleID:
		return idWords()
	case roleAt:
		return list(`date time, datetime, created at, paid at, closed at, order date, sale date, transaction date, receipt date, opened, timestamp, time stamp, created, date,
			bestelldatum, verkaufsdatum, belegdatum, bondatum, buchungsdatum, rechnungsdatum, zeitpunkt, zeitstempel, datum uhrzeit, datum,
			date heure, date de commande, date de vente, date d achat, fecha y hora, fecha hora, fecha de venta, fecha, data e ora, data ora, data vendita, data,
			datum en tijd, besteldatum, data sprzedazy, data zamowienia, data wystawienia, data i godzina, date created, dob`)
	case roleClock:
		return list(`time, uhrzeit, zeit, heure, hora, ora, tijd, tijdstip, godzina, czas, time of day`)
	case roleEmail:
		return list(`email, e mail, customer email, mail, kunden email, courriel, correo electronico, correo, posta elettronica, adres e mail`)
	case roleCurrency:
		return list(`currency code, currency, waehrung*, wahrung*, devise, monnaie, moneda, divisa, valuta, waluta`)
	case roleSKU:
		return list(`sku, item sku, product sku, lineitem sku, plu, artikelnummer, artikel nr, artikelnr, art nr, artnr, article number, article no, item number, item no, item code, product code, product id, article id, item id,
			gtin, ean, upc, barcode, reference, ref, code article, ref article, code produit, codigo de articulo, codigo articulo, codigo, codice articolo, cod articolo, codice prodotto, codice, artikelcode, kod towaru, kod produktu, indeks, symbol, kod,
			strichcode, code barres, codigo de barras, codice a barre, kod kreskowy, warennummer`)
	case roleLabel:
		return list(`item name, product name, menu item, item, product, article name, article, lineitem name, product title, description, name, title,
			artikelbezeichnung, artikelname, artikeltext, bezeichnung, artikel, produktname, produkt, warenbezeichnung, ware, beschreibung, text,
			libelle, designation, nom du produit, nom de l article, produit, articulo, producto, nombre del producto, descripcion, concepto, nombre,
			articolo, prodotto, nome prodotto, descrizione, omschrijving, productnaam, nazwa towaru, nazwa produktu, nazwa, towar, opis`)
	case roleQty:
		return list(`quantity, qty, lineitem quantity, count, units, pieces, pcs, menge, anzahl, stueck, stuck, stk, quantite, qte, cantidad, cant, unidades, uds, quantita, qta, aantal, ilosc, szt, liczba sztuk`)
	case rolePrice:
		return list(`unit price, price each, item price, lineitem price, price per unit, einzelpreis, stueckpreis, stuckpreis, e preis, ep, prix unitaire, pu, precio unitario, prezzo unitario, stukprijs, eenheidsprijs, cena jednostkowa, cena jedn,
			price, preis, verkaufspreis, vk, prix, precio, prezzo, prijs, cena`)
	case roleTotal:
		return list(`line total, total price, row total, net sales, gross amount, amount, total, sum, line amount,
			gesamtpreis, positionssumme, zeilensumme, umsatz brutto, bruttoumsatz, bruttobetrag, gesamtbetrag, gesamt, summe, betrag, umsatz, brutto,
			montant ttc, total ttc, montant, total linea, importe total, importe, importo totale, importo, totale riga, totale,
			totaalbedrag, totaal, bedrag, regeltotaal, wartosc brutto, wartosc, kwota brutto, kwota, suma, razem, gross, price gross, preis brutto, net price, gross price`)
	case roleTax:
		return list(`tax amount, sales tax, total tax, taxes, tax, vat amount, vat, mwst betrag, mwst, ust, umsatzsteuer, mehrwertsteuer, steuerbetrag, steuer, montant tva, tva, taxe, iva, impuestos, impuesto, imposta, btw bedrag, btw, kwota vat, podatek`)
	case roleDiscount:
		return list(`lineitem discount, line discount, discount amount, discounts, discount, rabattbetrag, rabatt, nachlass, remise, reduction, descuento, sconto, korting, rabat, upust`)
	case roleOrderTotal:
		return list(`order total, grand total, total amount, receipt total, total, bestellsumme, belegsumme, bonsumme, rechnungsbetrag, gesamtsumme, endbetrag, total commande, total general, total del pedido, totale ordine, totale documento, ordertotaal, suma zamowienia, razem`)
	case roleZone:
		return list(`time zone, timezone, zeitzone, fuseau horaire, zona horaria, fuso orario, tijdzone, strefa czasowa`)
	case roleKind:
		return kindWords()
	case roleStore:
		return list(`store name, store, location, branch, outlet, filiale, standort, betriebsstaette, magasin, boutique, tienda, sucursal, negozio, punto vendita, winkel, filiaal, sklep`)
	case roleTill:
		return list(`register, till, pos, terminal, device name, kassen nr, kassennummer, kasse, z kasse id, caisse, caja, cassa, kassa, kasa`)
	case roleChannel:
		return list(`sales channel, channel, source name, verkaufskanal, canal, canale, kanaal, kanal`)
	case roleCustomer:
		return list(`customer id, customer number, kundennummer, kunden nr, kundennr, numero client, id cliente, codice cliente, klantnummer, nr klienta`)
	case roleClosing:
		return list(`closing, z number, z no, z nr, z bericht*, tagesabschluss*, abschluss*, session, shift, batch, business day, chiusura, numero chiusura, cloture, cierre, afsluiting, raport*`)
	}
	return nil
}

func idWords() []string {
	return list(`order id, transaction id, receipt id, sale id, check id, bill id, receipt number, receipt no, order number, order no, order name, order ref*, transaction number, transaction no, ticket number, ticket no, ticket id, sale number, sale no, check number, check no, bill number, bill no, invoice number, invoice no, invoice id, document number, document no,
		bestellnummer, bestell nr, bestellnr, auftragsnummer, auftrags nr, auftragsnr, belegnummer, beleg nr, belegnr, bonnummer, bon nr, bonnr, bon id, kassenbon*, rechnungsnummer, rechnungs nr, rechnungsnr, transaktionsnummer, transaktions nr, transaktions id, vorgangsnummer, vorgangs nr, quittungsnummer, quittungs nr,
		numero de commande, n de commande, n commande, no commande, ref* commande, numero de ticket, n de ticket, n ticket, numero de recu, n de recu, n recu, numero de transaction, numero de facture, n facture, numero de piece, n piece,
		numero de pedido, n de pedido, n pedido, no de pedido, numero de recibo, n recibo, numero de tique, numero de factura, n factura, numero de transaccion, folio,
		numero ordine, n ordine, numero scontrino, n scontrino, nr scontrino, numero ricevuta, n ricevuta, numero documento, n documento, nr documento, numero transazione, id transazione,
		ordernummer, bestellingnummer, bestelnummer, kassabon*, transactienummer, transactie id, factuurnummer,
		nr zamowienia, numer zamowienia, nr paragonu, numer paragonu, nr dokumentu, numer dokumentu, nr transakcji, id transakcji, nr faktury,
		order, transaction, receipt, ticket, sale, check, bill, invoice, bestellung, auftrag, beleg, bon, rechnung, transaktion, vorgang, quittung, commande, recu, facture, pedido, recibo, tique, factura, transaccion, venta,
		ordine, scontrino, ricevuta, documento, transazione, vendita, bestelling, transactie, factuur, zamowienie, paragon, dokument, transakcja, faktura`)
}

func kindWords() []string {
	return list(`event type, receipt type, transaction type, order type, type, status, order status, payment status, financial status, order payment state, state, kind, void, voided, cancelled, canceled, refunded, refund, transaction refunded,
		typ, belegart, vorgangsart, buchungsart, art, zustand, storno, storniert, etat, statut, annule, estado, tipo, anulado, stato, annullato, soort, geannuleerd, rodzaj, stan, anulowany`)
}

// list parts what stands between commas.
func list(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// others are words that make a name one of something else, for roles whose
// words stand in many names.
func others(r role) []string {
	switch r {
	case roleID:
		return list(`customer, kunde*, client*, cliente*, klant*, klient*, item, artikel*, product*, produkt*, articulo, articolo, line, position, pos, store, shop, register, device, employee, server, user, cashier, card, payment, type, typ, art, date, datum, time, total, amount, count, status, state, note*, name, text, discount, tax, location, channel, method, source, parent, session, reference, refund*, batch, due, sum*, summe, invoice date`)
	case roleTax:
		return list(`rate, satz, percent, taux, stawka, tasa, aliquota, tarief, %, code, name, included, method, class, id, nr, no`)
	case roleDiscount:
		return list(`code, name, percent, %, type, reason, id`)
	case roleTotal, rolePrice, roleOrderTotal:
		return list(`cost, costs, ek, einkauf*, profit, tax, tip, margin, rate, point, %, name, code, id, list, compare, refund*, discount*, paid, qty, quantity, shipping, method, number, time, type, count, tva, vat, ust, mwst`)
	case roleLabel:
		return list(`id, no, nr, code, customer, kunde, client, cliente, klant, klient, store, shop, employee, cashier, server, user, location, category, group, device, register, price, qty, quantity, sku, billing, shipping, payment, first, last, file, card, discount, zone, total, type, company, tax, url, status`)
	case roleQty:
		return list(`id, price, total, type, refunded, cancelled, discount, orders, customers`)
	case roleSKU:
		return list(`customer, kunde, order, client, price, store, payment, zip, postal, name, text, country, discount, currency`)
	case roleAt:
		return list(`birth, due, business, delivery, expiry, faellig*, lieferdatum, update*, modified, cancelled, refunded`)
	case roleStore, roleTill, roleChannel:
		return list(`address, city, price, amount, sales, total, type, count, date`)
	}
	return nil
}

// fits says how well a name fits a role: 0 not at all, 200 and more where the
// whole name is one of its words. Of two the one that is named first in words
// is the better.
func fits(r role, name string) int {
	plain := plainWords(name)
	if plain == "" {
		return 0
	}
	best := 0
	for i, word := range words(r) {
		at, whole := within(plain, word)
		switch {
		case !at:
		case whole:
			best = max(best, 400-i)
		default:
			best = max(best, 200-i-10*strings.Count(plain, " "))
		}
	}
	if best <= 200 {
		for _, other := range others(r) {
			if at, _ := within(plain, other); at {
				return 0
			}
		}
	}
	return max(best, 0)
}

// within says that a phrase stands in plain, whole: that it is all of it.
func within(plain, phrase string) (at, whole bool) {
	have, want := strings.Fields(plain), strings.Fields(phrase)
	for from := 0; from+len(want) <= len(have); from++ {
		same := true
		for i, word := range want {
			if start, open := strings.CutSuffix(word, "*"); open && strings.HasPrefix(have[from+i], start) {
				continue
			}
			if word != have[from+i] {
				same = false
				break
			}
		}
		if same {
			return true, len(want) == len(have)
		}
	}
	return false, false
}

// plainWords is a name as words in small letters without accents, one blank
// between them: "Artikel-Nr." is artikel nr, "lineItem" is line item, "Check #"
// is check no.
func plainWords(name string) string {
	var b strings.Builder
	small := false
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsUpper(r) && small:
			b.WriteByte(' ')
		}
		small = unicode.IsLower(r)
		switch r = unicode.ToLower(r); {
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ł':
			b.WriteByte('l')
		case r == 'ø':
			b.WriteByte('o')
		case r == '#' || r == '№':
			b.WriteString(" no ")
		case r == '%':
			b.WriteString(" % ")
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
