package main

import (
	"bytes"
	"strconv"
)

// The number of an event stands in its email and in its order.
const (
	emailMark = `"email":"buyer-`
	orderMark = `"__order__":"order-`
)

// appendEvent appends purchase n as JSON: about 365 bytes on one line.
func appendEvent(dst []byte, n uint64) []byte {
	dst = append(dst, `{`+emailMark...)
	dst = appendDigits(dst, n, 10)
	dst = append(dst, `@shop.example","source":"till-2","country":"DE","campaign":"autumn-sale","page":"/checkout/complete",`+
		`"purchase_data":[{"__sku__":"SKU-104417","__label__":"Trail Running Shoe 42","__total_in_cents__":4990,`+
		orderMark...)
	dst = appendDigits(dst, n, 16)
	return append(dst, `","__currency__":"EUR","category":"shoes","colour":"slate grey","material":"mesh knit","quantity":1}]}`...)
}

// appendLines appends count purchases from n on as NDJSON.
func appendLines(dst []byte, n uint64, count int) []byte {
	for i := range uint64(count) {
		dst = append(appendEvent(dst, n+i), '\n')
	}
	return dst
}

func appendDigits(dst []byte, n uint64, width int) []byte {
	start := len(dst)
	dst = append(dst, "00000000000000000000"[:width]...)
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}

// eventNumber finds the number of the purchase in body.
func eventNumber(body []byte) (n uint64, ok bool) {
	_, rest, found := bytes.Cut(body, []byte(orderMark))
	digits, _, ended := bytes.Cut(rest, []byte{'"'})
	if !found || !ended {
		return 0, false
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	return n, err == nil
}
