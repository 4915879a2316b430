package reports_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/trektribe/bench/internal/machinetest"
)

// browser opens the recorded page in Chromium.
func browser(t *testing.T) context.Context {
	t.Helper()
	machinetest.Need(t, "chromium")
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(html(t, recorded(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// ask evaluates an expression that gives a list of what is wrong.
func ask(t *testing.T, ctx context.Context, what, script string, before ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, before...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	wrong, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](script))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for _, w := range wrong[:min(len(wrong), 10)] {
		t.Errorf("%s: %s", what, w)
	}
}

const (
	// What is drawn once stands where it is shown, so that it is looked at there.
	shownInPlace = `(() => { const out = [];
		for (const u of document.querySelectorAll('.plot use:not([x])')) {
			const of = document.getElementById(u.getAttribute('href').slice(1));
			if (of) u.replaceWith(of.cloneNode(true)); else out.push('a picture of ' + u.getAttribute('href') + ', which is not there');
		}
		return out; })()`

	openAll = `document.querySelectorAll('details').forEach(d => d.open = true); []`

	overflow = `(() => { const w = document.documentElement, out = [];
		if (w.scrollWidth > w.clientWidth) out.push('the page is ' + w.scrollWidth + ' px wide in ' + w.clientWidth);
		for (const e of document.querySelectorAll('body *')) {
			if (e.closest('svg,.scroll,.hidden,.skip')) continue;
			const r = e.getBoundingClientRect();
			if (r.width && r.right > w.clientWidth + 1) out.push(e.tagName + '.' + e.className + ' ends at ' + r.right);
		} return out; })()`

	// Text on the nearest background that is painted; text of pictures also on every shade that it may stand on.
	contrast = `(() => {
		const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
		const lum = ([r, g, b]) => { const f = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
		const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
		const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return parse(getComputedStyle(document.body).backgroundColor); };
		const seen = new Set(), out = [];
		for (const e of document.querySelectorAll('body *')) {
			if (e.closest('.hidden,.skip,title,desc')) continue;
			if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
			const s = getComputedStyle(e), drawn = e instanceof SVGElement;
			const ink = parse(drawn ? s.fill : s.color);
			const grounds = [ground(e)];
			if (drawn) for (const r of e.closest('svg').querySelectorAll('rect.fault,rect.promised')) grounds.push(parse(getComputedStyle(r).fill));
			for (const g of grounds) {
				const n = ratio(ink, g), key = e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + ink + ' on ' + g;
				if (n < 4.5 && !seen.has(key)) { seen.add(key); out.push(key + ': ' + n.toFixed(2) + ' ' + e.textContent.trim().slice(0, 30)); }
			}
		} return out; })()`

	// The texts of a picture stay within it, but for the numbers below it.
	clipped = `(() => { const out = [];
		for (const s of document.querySelectorAll('svg.area, svg.left')) {
			const box = s.getBoundingClientRect();
			for (const x of s.querySelectorAll('text')) {
				const r = x.getBoundingClientRect();
				if (r.width && (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 6 || r.bottom > box.bottom + 6)) out.push(x.textContent + ' of ' + s.textContent.slice(0, 40) + ': ' + [r.left - box.left, box.right - r.right, r.top - box.top].map(Math.round));
			}
		} return out; })()`

	structure = `(() => { const out = [];
		for (const s of document.querySelectorAll('svg')) if (s.getAttribute('aria-hidden') !== 'true' && !s.parentElement.closest('svg')) {
			const name = s.getAttribute('aria-label') || (s.getAttribute('aria-labelledby') || '').split(' ').map(i => (document.getElementById(i) || {}).textContent || '').join(' ');
			if (!name.trim()) out.push('a picture without a name');
		}
		for (const t of document.querySelectorAll('table')) if (!t.querySelector('th[scope=col]')) out.push('a table without headers');
		if (document.scripts.length) out.push('a script');
		if (performance.getEntriesByType('resource').length) out.push('something was loaded');
		return out; })()`
)

func scheme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return err
	})
}

func TestPageInABrowser(t *testing.T) {
	ctx := browser(t)
	ask(t, ctx, "structure", structure)
	opened := byKeyboard(t, ctx)
	if opened < 10 {
		t.Errorf("%d details were opened by keyboard, want at least 10", opened)
	}
	ask(t, ctx, "shown in place", shownInPlace)
	for _, width := range []int64{360, 900, 1600} {
		for _, colours := range []string{"light", "dark"} {
			what := fmt.Sprintf("%d px, %s", width, colours)
			size := chromedp.EmulateViewport(width, 900)
			ask(t, ctx, what, overflow, size, scheme(colours))
			ask(t, ctx, what, openAll)
			ask(t, ctx, what+", open", overflow)
			ask(t, ctx, what, clipped)
			ask(t, ctx, what, contrast)
		}
	}
}

// byKeyboard opens all details by Enter on their summaries.
func byKeyboard(t *testing.T, ctx context.Context) (opened int) {
	t.Helper()
	n, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll('details').length`))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		focus := fmt.Sprintf(`(() => { const s = document.querySelectorAll('summary')[%d]; s.focus({preventScroll: true}); return document.activeElement === s && s.tabIndex >= 0 && !s.parentElement.open; })()`, i)
		focused, err := chromedp.Run(ctx, chromedp.Evaluate[bool](focus))
		if err == nil {
			err = chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter))
		}
		if err != nil {
			t.Fatal(err)
		}
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(`document.querySelectorAll('details')[%d].open`, i)))
		if err != nil {
			t.Fatal(err)
		}
		if !focused || !is {
			t.Errorf("details %d: its summary takes the focus and was closed: %t; open after Enter: %t", i+1, focused, is)
			continue
		}
		opened++
	}
	return opened
}
