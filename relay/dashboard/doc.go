// Package dashboard is the page for the shopkeeper: did every sale arrive, what
// is stuck, why, and what to do. It shows what package control answers, and
// decides through it.
//
// Every page is made whole on the server and works without script: plain links
// and forms, and a redirect with a note after each form. With script the parts
// that are marked live are fetched anew when something changes, the chart is
// drawn, and an edit is checked while it is typed. Nothing is loaded from
// another host, and the Content-Security-Policy allows no inline script and no
// inline style.
//
// Another language is one more file in lang/; a test holds the files to the same
// keys. static/vendor holds htmx and uPlot as npm has them, minified, with their
// licences; icons holds a few of lucide-static.
package dashboard
