package control

import "time"

// This file holds what is said of today and of files.

// Today is what the overview says of today, at the site.
type Today struct {
	Day          string    `json:"day"`
	Sales        int64     `json:"sales"` // accepted, with an amount
	SalesSent    int64     `json:"sales_sent"`
	Accepted     int64     `json:"accepted"` // events of any kind
	Sent         int64     `json:"sent"`
	Totals       []Total   `json:"totals"` // of the sales accepted
	LastSale     time.Time `json:"last_sale,omitzero"`
	LastAccepted time.Time `json:"last_accepted,omitzero"`
	LastSent     time.Time `json:"last_sent,omitzero"`
	RoomDays     float64   `json:"room_days,omitempty"` // about how long the spool has room while nothing is sent; 0: not known
}

// Reject is a file of refused rows, or one that could not be read.
type Reject struct {
	Source string    `json:"source"`
	File   string    `json:"file"` // the name by which it is downloaded
	Path   string    `json:"path"`
	Size   int64     `json:"size"`
	At     time.Time `json:"at"`
	Rows   int64     `json:"rows,omitempty"`
	Why    string    `json:"why,omitempty"` // of a file that could not be read: its .why.txt
}

// Preview says what would become of a file, and takes nothing.
type Preview struct {
	Says     string        `json:"says"` // by what it is read: "source till"
	Project  string        `json:"project"`
	Events   []string      `json:"events"` // the first ones, as JSON
	Total    int           `json:"total"`
	Skipped  int           `json:"skipped"`
	Rejected []RejectedRow `json:"rejected,omitempty"` // the first 100
	Remark   string        `json:"remark,omitempty"`
}

// RejectedRow is a row that would be refused.
type RejectedRow struct {
	Line int64  `json:"line"`
	Why  string `json:"why"`
}
