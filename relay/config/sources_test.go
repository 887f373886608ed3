package config

import "testing"

func TestMistakesInSources(t *testing.T) {
	ok := with("")
	checkMistakes(t, []mistake{
		{"list", `sources: [a]` + "\n" + ok,
			"c.yaml:1:10: sources: wants sources by name, as in `till: {watch: drop/till/*.csv}`, and has a list; write `key: value`, one a line, further in than the line above"},
		{"names", `sources: {Till: {watch: drop/t/*.csv}, drop: {}, http: {}}` + "\n" + ok,
			"c.yaml:1:11: sources.Till: is not a source's name; use small letters, digits, - and _ only, at most 64, as in `till`" + "\n" +
				`c.yaml:1:40: sources.drop: is a name of the relay's own; call it otherwise: drop is the built-in folder, and http is the port` + "\n" +
				`c.yaml:1:50: sources.http: is a name of the relay's own; call it otherwise: drop is the built-in folder, and http is the port`},
		{"text for keys", `sources: {till: {policy: skip}}` + "\n" + ok,
			"c.yaml:1:26: sources.till.policy: wants keys under it: refund, void, changed, and has a single value; write `key: value`, one a line, further in than the line above"},
		{"misspelt", `sources: {t: {wach: x, ordr: {}, order: {qty: B, ID: x}}}` + "\n" + ok,
			"c.yaml:1:15: sources.t.wach: unknown key; did you mean `watch`?" + "\n" +
				"c.yaml:1:24: sources.t.ordr: unknown key; did you mean `order`?" + "\n" +
				"c.yaml:1:42: sources.t.order.qty: unknown key; it belongs under `sources.NAME.items`" + "\n" +
				"c.yaml:1:50: sources.t.order.ID: unknown key; did you mean `id`?"},
		{"key of another place", `sources: {t: {id: A}}` + "\n" + ok,
			"c.yaml:1:15: sources.t.id: unknown key; it belongs under `sources.NAME.event`, `sources.NAME.order` or `sources.NAME.refunds`"},
		{"project", `sources: {t: {project: sohp}, u: {project: other}}` + "\n" + ok,
			"c.yaml:1:24: sources.t.project: \"sohp\" is not a project of this file; did you mean `shop`?" + "\n" +
				`c.yaml:1:44: sources.u.project: "other" is not a project of this file; write shop`},
		{"preset", `sources: {t: {preset: square-item}}` + "\n" + ok,
			"c.yaml:1:23: sources.t.preset: \"square-item\" is not a preset; did you mean `square-items`? known: clover-orders, dsfinvk, loyverse-items, odoo-pos, shopify-orders, shopify-webhook, simphony-checks, square-items, square-orders, sumup-sales, toast-items, vend-ledger, woocommerce-orders, woocommerce-rest"},
		{"preset is a list", `sources: {t: {preset: [a]}}` + "\n" + ok,
			"c.yaml:1:23: sources.t.preset: wants a single value, and has a list; write `key: value`"},
		{"preset needs", `sources: {t: {preset: loyverse-items, values: {date: }, const: {currency: EUR}, items: {total: ''}}}` + "\n" + ok,
			`c.yaml:1:48: sources.t.values.date: is missing: the preset loyverse-items needs it, as each account has its own; the order of day and month in your files, as in dd/MM/yyyy HH:mm, MM/dd/yyyy HH:mm or yyyy-MM-dd HH:mm:ss` + "\n" +
				`c.yaml:1:96: sources.t.items.total: "" is empty; give it a value or take the key away`},
		{"braces", `sources: {t: {order: {id: {DOB}, at: {A: B}, email: [A, {B}], number: [[A]]}}}` + "\n" + ok,
			`c.yaml:1:27: sources.t.order.id: has { } without quotes, which YAML takes for keys; put quotes around it, as in "{DOB}"` + "\n" +
				`c.yaml:1:38: sources.t.order.at: wants a column, or a list of them, and has keys under it; write it as one text` + "\n" +
				`c.yaml:1:57: sources.t.order.email[1]: has { } without quotes, which YAML takes for keys; put quotes around it, as in "{B}"` + "\n" +
				`c.yaml:1:72: sources.t.order.number[0]: wants a column, and has a list; write one value`},
		{"braces and more", "sources:\n  t:\n    order:\n      id: {DOB}/{CHECK}\n" + ok,
			`c.yaml:4:11: has a value that begins with {, which YAML takes for keys; put the value in quotes, as in "{DATE}/{NUMBER}"`},
		{"braces in braces", `sources: {t: {order: {id: {DOB}/{CHECK}}}}` + "\n" + ok,
			`c.yaml:1:27: has a value that begins with {, which YAML takes for keys; put the value in quotes, as in "{DATE}/{NUMBER}"`},
		{"braces in a list", "sources:\n  t:\n    order:\n      id: [{A} {B}, C]\n" + ok,
			`c.yaml:4:12: has a value that begins with {, which YAML takes for keys; put the value in quotes, as in "{DATE}/{NUMBER}"`},
		{"comparison", "sources:\n  t:\n    refund: {Total: >0}\n" + ok,
			`c.yaml:3:21: has a value that begins with >, which YAML keeps for itself; put the value in quotes, as in ">0"`},
		{"comma in a calculation", `sources: {t: {order: {extra: {a: = f("A", 1), b: , d: {x: y}, '': A}}}}` + "\n" + ok,
			`c.yaml:1:43: sources.t.order.extra."1)": is empty; give it a value or take it away; put a value that holds a comma in quotes` + "\n" +
				`c.yaml:1:47: sources.t.order.extra.b: is empty; give it a value or take it away; put a value that holds a comma in quotes` + "\n" +
				`c.yaml:1:55: sources.t.order.extra.d: wants a column, or a list of them, and has keys under it; write it as one text` + "\n" +
				"c.yaml:1:63: sources.t.order.extra.\"\": has no name; write `name: Column`"},
		{"matcher", `sources: {t: {skip: {Status: , Void?: [], X: {a: b}, Y: [a, [b]]}, void: open, refund: [a]}}` + "\n" + ok,
			`c.yaml:1:22: sources.t.skip.Status: is empty; give it a value or take it away; put a value that holds a comma in quotes` + "\n" +
				`c.yaml:1:39: sources.t.skip."Void?": is an empty list, which nothing equals; name values, or take it away` + "\n" +
				`c.yaml:1:46: sources.t.skip.X: wants a text to compare with, or a list of them, and has keys under it; write it as one text` + "\n" +
				`c.yaml:1:61: sources.t.skip.Y[1]: wants a text to compare with, and has a list; write one value` + "\n" +
				"c.yaml:1:74: sources.t.void: wants columns and what they hold, as in `{Status: voided}`, and has a single value; write `key: value`, one a line, further in than the line above" + "\n" +
				"c.yaml:1:89: sources.t.refund[0]: wants columns and what they hold, as in `{Status: voided}`, and has a single value; write `key: value`, one a line, further in than the line above"},
		{"column twice", `sources: {t: {skip: {A/b: b, A/b: c}}}` + "\n" + ok,
			`c.yaml:1:30: sources.t.skip."A/b": is here a second time; the first is in line 1; keep one of them`},
		{"data folder like a pattern", "data: '/srv/till [1]'\nsources: {t: {watch: drop/t/*.csv}}\n" + ok,
			`c.yaml:2:22: sources.t.watch: "drop/t/*.csv" lies in the data folder, whose path holds a character that stands for others in a pattern; give data a path without * ? [ ] { }`},
		{"words", `sources: {t: {mode: append, after: move, settle: 2, keep_done: -1d}}` + "\n" + ok,
			`c.yaml:1:21: sources.t.mode: "append" is none of the words that are known here; write once, follow or rewrite` + "\n" +
				`c.yaml:1:36: sources.t.after: "move" is none of the words that are known here; write done, delete or keep` + "\n" +
				`c.yaml:1:50: sources.t.settle: "2" has no unit; write it with one, as in 2s, 2m, 2h or 2d` + "\n" +
				`c.yaml:1:64: sources.t.keep_done: "-1d" is less than nothing; write a number and a unit, as in 90s, 15m, 24h, 30d or 2w`},
		{"follow", `sources: {t: {mode: follow, after: delete, marker: .done, read: {type: gdpdu}}}` + "\n" + ok,
			`c.yaml:1:21: sources.t.mode: cannot be follow for gdpdu: its tables are complete when they are written; take the key away` + "\n" +
				`c.yaml:1:36: sources.t.after: makes no sense with mode: follow: the file stays where it is; take the key away` + "\n" +
				`c.yaml:1:52: sources.t.marker: makes no sense with mode: follow: the file is never complete; take the key away`},
		{"marker", `sources: {t: {marker: a/b}}` + "\n" + ok,
			`c.yaml:1:23: sources.t.marker: is not the end of a file's name; write it as in .done or .ok`},
		{"read", `sources: {t: {read: {type: xml, delimiter: ';;', header: {a: b}, join: {table: a}}}}` + "\n" + ok,
			`c.yaml:1:28: sources.t.read.type: "xml" is none of the words that are known here; write csv, json or gdpdu` + "\n" +
				`c.yaml:1:44: sources.t.read.delimiter: ";;" is not one character that can part cells; write one, as in ';', or tab` + "\n" +
				`c.yaml:1:58: sources.t.read.header: wants none, or a column's name, or a list of them, and has keys under it; write it as one text` + "\n" +
				`c.yaml:1:72: sources.t.read.join: wants a list, and has keys under it; write it as in [{table: taxes.csv, by: [Receipt]}]`},
		{"read of json", `sources: {t: {read: {type: json, delimiter: ';', header: none, table: x.csv, join: [{by: A}, {table: b.csv}]}}}` + "\n" + ok,
			`c.yaml:1:45: sources.t.read.delimiter: is for tables only, and type is json; take it away` + "\n" +
				`c.yaml:1:58: sources.t.read.header: is for tables only, and type is json; take it away` + "\n" +
				`c.yaml:1:71: sources.t.read.table: is for gdpdu only, and type is json; take it away` + "\n" +
				`c.yaml:1:85: sources.t.read.join[0].table: is missing; name the other file, as in taxes.csv` + "\n" +
				`c.yaml:1:94: sources.t.read.join[1].by: is missing; name the columns that are equal in both`},
		{"policy", `sources: {t: {policy: {refund: minus, void: 'action ', changed: negative}, stamp: hours, identity: no}}` + "\n" + ok,
			`c.yaml:1:32: sources.t.policy.refund: "minus" is none of the words that are known here; write action, action NAME, negative, skip, send or hold` + "\n" +
				`c.yaml:1:45: sources.t.policy.void: "action " has no name of an action; write action, or a name behind it, as in action Refund` + "\n" +
				`c.yaml:1:65: sources.t.policy.changed: "negative" is none of the words that are known here; write hold, ignore or send` + "\n" +
				`c.yaml:1:83: sources.t.stamp: "hours" is none of the words that are known here; write seconds or milliseconds` + "\n" +
				`c.yaml:1:100: sources.t.identity: "no" is none of the words that are known here; write warn, require or allow`},
		{"as in a project", `sources: {t: {defaults: {__currency__: Euro}, repeat_window: 900d}}` + "\n" + ok,
			`c.yaml:1:40: sources.t.defaults.__currency__: "Euro" is not a currency; write its three letters of ISO 4217, as in EUR` + "\n" +
				`c.yaml:1:62: sources.t.repeat_window: is longer than spool.keep_keys remembers; write 800d or less`},
		{"same pattern", `sources: {a: {watch: drop/a/*.csv}, b: {watch: [drop/b/*.csv, drop/a/*.csv]}}` + "\n" + ok,
			`c.yaml:1:63: sources.b.watch[1]: is what sources.a watches as well, which takes the files, as it stands first; give each source a folder, or names of their own`},
		{"part of another", `sources: {a: {watch: drop/a/*.csv}, b: {watch: drop/a/items-*.csv}}` + "\n" + ok,
			`c.yaml:1:48: sources.b.watch: is a part of what sources.a watches ("drop/a/*.csv"), which takes the files, as it stands first; put sources.b before it, or give each a folder`},
		{"what was taken", `sources: {a: {watch: drop/a/*.csv}, b: {watch: drop/a/rejected/*.csv}, c: {watch: drop/a/done/*/*.csv}}` + "\n" + ok,
			`c.yaml:1:48: sources.b.watch: lies in the folder rejected that the relay makes for what sources.a took; watch another folder; what is dropped back goes into the watched folder itself` + "\n" +
				`c.yaml:1:83: sources.c.watch: lies in the folder done that the relay makes for what sources.a took; watch another folder; what is dropped back goes into the watched folder itself`},
		{"patterns", `sources: {t: {watch: ['*.csv', drop/t/, 'drop/**/x.csv']}}` + "\n" + ok,
			`c.yaml:1:23: sources.t.watch[0]: "*.csv" lies in the data folder itself, among the relay's own files; put a folder before it, as in "drop/till/*.csv"` + "\n" +
				`c.yaml:1:32: sources.t.watch[1]: "drop/t/" names a folder; name the files in it too, as in "drop/t/*.csv"` + "\n" +
				`c.yaml:1:41: sources.t.watch[2]: "drop/**/x.csv" has **, which is not known here; a * stands for one folder or a part of a name; name each folder`},
		{"captures", `sources: {t: {watch: ['drop/{a}/{a}.csv', 'drop/{1}.csv', 'drop/{d:yyyy/MM}.csv', 'drop/{a.csv', 'drop/a}.csv']}}` + "\n" + ok,
			`c.yaml:1:23: sources.t.watch[0]: "drop/{a}/{a}.csv" has the name a twice; give each part a name of its own` + "\n" +
				`c.yaml:1:43: sources.t.watch[1]: "drop/{1}.csv" has "{1}", which is no name for a part of the path; write {name} or {name:yyyyMMdd}, the name of letters, digits and _` + "\n" +
				`c.yaml:1:59: sources.t.watch[2]: "drop/{d:yyyy/MM}.csv" has a slash in "{d:yyyy/MM}"; write the parts on both sides one by one, as in {year:yyyy}/{month:MM}` + "\n" +
				`c.yaml:1:83: sources.t.watch[3]: "drop/{a.csv" has a { or a } that stands alone; write {name} for a part of the path that is to be put into texts, and {{ or }} for one of the name` + "\n" +
				`c.yaml:1:98: sources.t.watch[4]: "drop/a}.csv" has a { or a } that stands alone; write {name} for a part of the path that is to be put into texts, and {{ or }} for one of the name`},
		{"reference", `sources: {t: {watch: '${env:NOT}/x/*.csv'}}` + "\n" + ok,
			`c.yaml:1:22: sources.t.watch: the environment variable NOT is not set; set it where the daemon is started (a service does not see your terminal's), or use ${file:PATH}`},
	})
}
