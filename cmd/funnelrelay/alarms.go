package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay/alarm"
)

func (a *app) alarms() *cobra.Command {
	var asJSON bool
	cmd := family("alarms", "Show what needs a person, and say that it was seen", a.alarmsSeen(), a.alarmsTest())
	cmd.Long = `alarms lists what is not as it should be, and what to do about it. It exits with 1
while there is one that nobody has seen.`
	cmd.Example = `  funnelrelay alarms
  funnelrelay alarms seen dead/shop`
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		c, err := a.onlyRunning(cmd.Context(), "know of its alarms")
		if err != nil {
			return err
		}
		answer, err := c.get(cmd.Context(), "/api/v1/alarms", nil)
		if err != nil {
			return err
		}
		var list alarmList
		if err := json.Unmarshal(answer, &list); err != nil {
			return fmt.Errorf("the relay's answer: %w", err)
		}
		if err := result(a, asJSON, answer, func(list *alarmList) {
			if len(*list) == 0 {
				fmt.Fprintln(a.out, "there is no alarm")
			}
			for _, al := range *list {
				a.printAlarm(&al, c.zone)
			}
		}); err != nil {
			return err
		}
		return unseen(list)
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// alarmList is the answer of GET /api/v1/alarms.
type alarmList []alarm.Alarm

// unseen fails quietly while an alarm is open that nobody has seen.
func unseen(list []alarm.Alarm) error {
	for _, al := range list {
		if al.Seen.IsZero() {
			return errQuiet
		}
	}
	return nil
}

func (a *app) printAlarm(al *alarm.Alarm, zone *time.Location) {
	seen := ""
	if !al.Seen.IsZero() {
		seen = " (seen " + al.Seen.In(zone).Format(time.DateTime) + ")"
	}
	fmt.Fprintf(a.out, "%s since %s%s: %s\n  %s\n", al.Name, al.Since.In(zone).Format(time.DateTime), seen, clean(al.Text), clean(al.Do))
}

func (a *app) alarmsSeen() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "seen NAME", Short: "Say that an alarm was seen: nobody is told of it again",
		Long: `seen marks an alarm. It stays open for as long as its condition holds, and is told
again when it becomes worse. One that only tells of something, as of a salvage, ends.`,
		Example: `  funnelrelay alarms seen dead/shop`,
		Args:    exactly(1, "name one alarm, as `funnelrelay alarms` does"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.onlyRunning(cmd.Context(), "mark an alarm")
			if err != nil {
				return err
			}
			answer, err := c.post(cmd.Context(), "/api/v1/alarms/seen", map[string]string{"name": args[0]})
			if err != nil {
				return err
			}
			if len(answer) == 0 {
				answer, _ = json.Marshal(map[string]string{"name": args[0]}) // strings can always be marshalled
			}
			return result(a, asJSON, answer, func(*struct{}) { fmt.Fprintf(a.out, "%s is marked as seen\n", clean(args[0])) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) alarmsTest() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "test", Short: "Send a test alarm to the places that the config names",
		Long: `test sends an alarm that says that it is a test to each target of alarm: in the config,
and says which of them took it.`,
		Example: `  funnelrelay alarms test`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.onlyRunning(cmd.Context(), "send alarms")
			if err != nil {
				return err
			}
			answer, err := c.post(cmd.Context(), "/api/v1/alarms/test", nil)
			if err != nil {
				return err
			}
			var told alarmTest
			if err := json.Unmarshal(answer, &told); err != nil {
				return fmt.Errorf("the relay's answer: %w", err)
			}
			if err := result(a, asJSON, answer, func(t *alarmTest) { a.printAlarmTest(t) }); err != nil {
				return err
			}
			for _, t := range told.Targets {
				if t.Error != "" {
					return errQuiet
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// alarmTest is the answer of POST /api/v1/alarms/test.
type alarmTest struct {
	Targets []struct {
		Target string  `json:"target"`
		Error  string  `json:"error"`
		Millis float64 `json:"millis"`
	} `json:"targets"`
}

func (a *app) printAlarmTest(told *alarmTest) {
	if len(told.Targets) == 0 {
		fmt.Fprintln(a.out, "the config names nobody who is told of alarms; see alarm.to in config.example.yaml")
	}
	for _, t := range told.Targets {
		if t.Error != "" {
			fmt.Fprintf(a.out, "%s: failed: %s\n", clean(t.Target), clean(t.Error))
			continue
		}
		fmt.Fprintf(a.out, "%s: taken, in %.0f ms\n", clean(t.Target), t.Millis)
	}
}
