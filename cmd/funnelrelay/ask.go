package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// line asks for a text; empty, or no more input, gives usual.
func (a *app) line(question, usual string) string {
	fmt.Fprint(a.err, question)
	if usual != "" {
		fmt.Fprintf(a.err, " [%s]", usual)
	}
	fmt.Fprint(a.err, ": ")
	text, _ := a.lines().ReadString('\n') // at the end of the input: what there is
	if text = strings.TrimSpace(text); text == "" {
		return usual
	}
	return text
}

// yes asks a question that has a usual answer.
func (a *app) yes(question string, usual bool) bool {
	ways := "y/N"
	if usual {
		ways = "Y/n"
	}
	for {
		switch strings.ToLower(a.line(question+" ("+ways+")", "")) {
		case "":
			return usual
		case "y", "yes", "j", "ja":
			return true
		case "n", "no", "nein":
			return false
		}
	}
}

// hidden asks for a text that does not show while it is typed.
func (a *app) hidden(question string) (string, error) {
	fmt.Fprint(a.err, question+": ")
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		text, err := a.lines().ReadString('\n')
		if text = strings.TrimRight(text, "\r\n"); text != "" {
			err = nil
		}
		return text, err
	}
	text, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.err)
	return string(text), err
}
