package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"diemcau/sfu/bandwidth"
)

// plot is one panel of a picture: a time axis that all share, and an own vertical one.
type plot struct {
	top, height float64
	most        float64 // at the upper edge
}

const (
	width      = 1200.0
	left       = 70.0
	right      = 20.0
	legendSize = 130.0
)

func (r *Result) x(at time.Duration) float64 {
	return left + (width-left-right-legendSize)*float64(at)/float64(r.Scenario.Duration)
}

func (p plot) y(v float64) float64 { return p.top + p.height - p.height*min(1, v/p.most) }

// line draws what f gives of each sample.
func (r *Result) line(w io.Writer, p plot, style string, f func(s *Sample) float64) {
	var points strings.Builder
	for i := range r.Samples {
		fmt.Fprintf(&points, "%.1f,%.1f ", r.x(r.Samples[i].At), p.y(f(&r.Samples[i])))
	}
	fmt.Fprintf(w, "<polyline fill=\"none\" style=\"%s\" points=\"%s\"/>\n", style, points.String())
}

// axes draws a panel's frame and scale.
func (r *Result) axes(w io.Writer, p plot, unit string, scale float64) {
	tick := math.Pow(10, math.Floor(math.Log10(p.most)))
	for p.most/tick < 4 {
		tick /= 2
	}
	for v := 0.0; v <= p.most; v += tick {
		fmt.Fprintf(w, "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", left, r.x(r.Scenario.Duration), p.y(v), p.y(v))
		fmt.Fprintf(w, "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", left-6, p.y(v)+4, v/scale)
	}
	fmt.Fprintf(w, "<text x=\"4\" y=\"%.1f\">%s</text>\n", p.top-6, unit)
	each := time.Second
	for r.Scenario.Duration/each > 12 {
		each = map[time.Duration]time.Duration{time.Second: 5 * time.Second, 5 * time.Second: 10 * time.Second, 10 * time.Second: 30 * time.Second, 30 * time.Second: time.Minute}[each]
	}
	for at := time.Duration(0); at <= r.Scenario.Duration; at += each {
		fmt.Fprintf(w, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#eee\"/>\n", r.x(at), r.x(at), p.top, p.top+p.height)
		fmt.Fprintf(w, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g s</text>\n", r.x(at), p.top+p.height+15, at.Seconds())
	}
}

// legend names the lines of a panel.
func legend(w io.Writer, p plot, entries ...string) {
	for i := 0; i+1 < len(entries); i += 2 {
		y := p.top + 14 + float64(i)*9
		fmt.Fprintf(w, "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" style=\"%s\"/><text x=\"%.0f\" y=\"%.1f\">%s</text>\n",
			width-legendSize, width-legendSize+18, y-4, y-4, entries[i+1], width-legendSize+24, y, entries[i])
	}
}

// Draw writes a result as SVG: the estimate against the link's truth, the queue, the loss, and who is given what.
func (r *Result) Draw(w io.Writer) error {
	rates, delays, layers := plot{60, 300, 0}, plot{410, 140, 0}, plot{600, float64(14 * len(r.Scenario.Demands)), 1}
	for i := range r.Samples {
		s := &r.Samples[i]
		rates.most = max(rates.most, 1.3*float64(s.Link), 1.1*float64(s.Estimate))
		delays.most = max(delays.most, s.Queue.Seconds()*1000, 50)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		width, layers.top+layers.height+30)
	fmt.Fprintf(&b, "<text x=\"%.0f\" y=\"22\" font-size=\"17\">%s</text>\n", left, r.Scenario.Title)
	fmt.Fprintf(&b, "<text x=\"%.0f\" y=\"40\" fill=\"#555\">used %.0f %% of the link, sound gap %d ms, content gap %d ms</text>\n", left,
		100*r.Used(0, r.Scenario.Duration), r.SoundGap.Milliseconds(), r.ContentGap.Milliseconds())

	const link, estimate, sent, tcp = "stroke:#999;stroke-width:2", "stroke:#c00;stroke-width:1.5", "stroke:#69c;stroke-width:1", "stroke:#c90;stroke-width:1"
	const queue, believed, loss = "stroke:#69c;stroke-width:1", "stroke:#c00;stroke-width:1", "stroke:#393;stroke-width:1"
	r.axes(&b, rates, "kbit/s", 1000)
	r.line(&b, rates, sent, func(s *Sample) float64 { return float64(s.Sent) })
	if r.Scenario.TCP.To > 0 {
		r.line(&b, rates, tcp, func(s *Sample) float64 { return float64(s.TCP) })
	}
	r.line(&b, rates, link, func(s *Sample) float64 { return float64(s.Link) })
	r.line(&b, rates, estimate, func(s *Sample) float64 { return float64(s.Estimate) })
	for i := range r.Samples {
		if s := &r.Samples[i]; s.Padding > 0 {
			fmt.Fprintf(&b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"#939\"/>\n", r.x(s.At), rates.top+rates.height-3)
		}
	}
	legend(&b, rates, "link", link, "estimate", estimate, "sent", sent, "TCP", tcp, "probe", "stroke:#939;stroke-width:4")

	r.axes(&b, delays, "ms, %", 1)
	r.line(&b, delays, queue, func(s *Sample) float64 { return s.Queue.Seconds() * 1000 })
	r.line(&b, delays, believed, func(s *Sample) float64 { return s.State.Queueing.Seconds() * 1000 })
	r.line(&b, delays, loss, func(s *Sample) float64 { return 100 * s.State.Loss })
	legend(&b, delays, "queue", queue, "queue, estimated", believed, "loss, %", loss)

	for i, d := range r.Scenario.Demands {
		r.bar(&b, layers.top+14*float64(i), i, d)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// bar draws what one demand was given: the darker, the more.
func (r *Result) bar(w io.Writer, y float64, i int, d bandwidth.Demand) {
	for from := 0; from < len(r.Samples); {
		given, to := r.Samples[from].Decisions[i], from
		for to < len(r.Samples) && r.Samples[to].Decisions[i] == given {
			to++
		}
		shade := 0.0
		if given.Layer >= 0 {
			for n, c := range d.Choices {
				if c == given {
					shade = 0.2 + 0.8*float64(n)/float64(len(d.Choices)-1)
				}
			}
		}
		fmt.Fprintf(w, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"11\" fill=\"#036\" fill-opacity=\"%.2f\"/>\n",
			r.x(r.Samples[from].At), y, r.x(r.Samples[to-1].At)-r.x(r.Samples[from].At)+1, shade)
		from = to
	}
	name := [...]string{"sound", "content", "floor", "chair", "tile"}[d.Importance]
	fmt.Fprintf(w, "<text x=\"%.0f\" y=\"%.1f\">%s</text>\n", width-legendSize, y+10, name)
}
