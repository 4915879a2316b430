package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Binomial is the interval of a share from k[i] successes of n[i] in round i:
// Clopper–Pearson on the pooled counts, widened by what the rounds differ among
// themselves beyond chance, and by what few rounds cannot rule out (see
// inflation). Nowhere a success, or nowhere a failure, says nothing about
// differences: then the pooled exact bound stands, about ln(2/alpha)/n.
//
// p is the pooled share, 0..1; the interval lies within 0..1 and contains p. It
// is confident to 1-alpha, alpha in (0, 1). Without a trial, or with counts that
// cannot be (k > n, k < 0, unequal lengths), p is NaN and the interval unknown.
// Rounds without trials are passed over.
//
// What no arithmetic on counts can see is that failures come in stretches while
// the rounds at hand happen to have none: the trials are then the stretches that
// there was room for, not the requests, and the bound is too good.
func Binomial(k, n []int, alpha float64) (p float64, iv Interval) {
	if len(k) != len(n) || !proper(alpha) {
		return math.NaN(), whole
	}
	var ks, ns, rounds float64
	for i := range k {
		if k[i] < 0 || k[i] > n[i] {
			return math.NaN(), whole
		}
		if n[i] > 0 {
			ks, ns, rounds = ks+float64(k[i]), ns+float64(n[i]), rounds+1
		}
	}
	if ns == 0 {
		return math.NaN(), whole
	}
	p = ks / ns
	if ks > 0 && ks < ns {
		var chi2 float64
		for i := range k {
			if n[i] > 0 {
				m := float64(n[i])
				d := float64(k[i]) - m*p
				chi2 += d * d / (m * p * (1 - p))
			}
		}
		phi := inflation(chi2, rounds, ns*p*(1-p)/rounds, alpha)
		ks, ns = ks/phi, ns/phi
	}
	// The quantiles are accurate for small shares only; a large one is the
	// complement of a small one.
	if ks > ns/2 {
		c := clopperPearson(ns-ks, ns, alpha)
		return p, Interval{1 - c.Hi, 1 - c.Lo}
	}
	return p, clopperPearson(ks, ns, alpha)
}

// Shares is the difference between the shares of two sides, k1 of n1 and k0 of n0 in each round, and its interval:
// Newcombe's, of the intervals that Binomial gives each side. Its d is share 1 minus share 0, within -1..1, NaN where a
// side has no trial.
func Shares(k0, n0, k1, n1 []int, alpha float64) (d float64, iv Interval) {
	p0, i0 := Binomial(k0, n0, alpha)
	p1, i1 := Binomial(k1, n1, alpha)
	if d = p1 - p0; math.IsNaN(d) {
		return d, whole
	}
	return d, Interval{d - math.Hypot(p1-i1.Lo, i0.Hi-p0), d + math.Hypot(i1.Hi-p1, p0-i0.Lo)}
}

// clopperPearson is the exact interval for k of n, k <= n/2; both may be fractions.
func clopperPearson(k, n, alpha float64) Interval {
	iv := Interval{0, mathext.InvRegIncBeta(k+1, n-k, 1-alpha/2)}
	if k > 0 {
		iv.Lo = mathext.InvRegIncBeta(k, n-k+1, alpha/2)
	}
	return iv
}

// Poisson is the interval of a rate from k[i] events in exposure[i] (seconds,
// say: then the rate is per second): exact on the pooled counts, widened like
// Binomial.
//
// The rate is at least 0, and so is the interval, which contains it. It is
// confident to 1-alpha, alpha in (0, 1). Without exposure, or with figures that
// cannot be (negative, not finite, events in no exposure, unequal lengths), the
// rate is NaN and the interval unknown. Rounds without exposure are passed over.
func Poisson(k []int, exposure []float64, alpha float64) (rate float64, iv Interval) {
	if len(k) != len(exposure) || !proper(alpha) {
		return math.NaN(), whole
	}
	var ks, es, rounds float64
	for i, e := range exposure {
		if k[i] < 0 || !(e >= 0) || math.IsInf(e, 1) || (e == 0 && k[i] > 0) {
			return math.NaN(), whole
		}
		if e > 0 {
			ks, es, rounds = ks+float64(k[i]), es+e, rounds+1
		}
	}
	if es == 0 {
		return math.NaN(), whole
	}
	rate = ks / es
	if ks > 0 {
		var chi2 float64
		for i, e := range exposure {
			if e > 0 {
				d := float64(k[i]) - e*rate
				chi2 += d * d / (e * rate)
			}
		}
		phi := inflation(chi2, rounds, ks/rounds, alpha)
		ks, es = ks/phi, es/phi
	}
	iv.Hi = mathext.GammaIncRegInv(ks+1, 1-alpha/2) / es
	if ks > 0 {
		iv.Lo = mathext.GammaIncRegInv(ks, alpha/2) / es
	}
	return rate, iv
}

// assumed is how much rounds are taken to differ for as long as they are too few
// to tell: the standard deviation of the log odds (or log rate) between rounds.
// Twice the 20 % that noisy machines show, so that a few rounds that are equal by
// luck do not pass for proof.
const assumed = 0.4

// inflation is the factor (at least 1) by which counts vary more than chance
// alone would make them, and by which they must count less. chi2 is Pearson's
// statistic of the rounds against their pooled share; variance is that of one
// round's count were chance all there is.
//
// The plain estimate chi2/(rounds-1) will not do. It is itself noisy: at three
// rounds it falls below 1 in one of 25 cases where the truth is 25, and the
// interval is then five times too narrow. Two things are therefore covered, and
// the larger is taken:
//
//   - What was seen beyond chance, with Student's factor at the degrees of freedom
//     that Satterthwaite gives the sum of a known part (1) and an estimated one
//     (phi-1).
//   - What was not seen but could be there: differences up to assumed, or
//     Student's factor on everything where that is less. With fewer events than
//     rounds this is nearly nothing, and rare events keep their exact bound.
func inflation(chi2, rounds, variance, alpha float64) float64 {
	possible := 1 + variance*assumed*assumed
	if rounds < 2 {
		return possible
	}
	df := rounds - 1
	phi := max(1, chi2/df)
	z := StudentT(math.Inf(1), alpha)
	widened := func(df float64) float64 { t := StudentT(df, alpha) / z; return phi * t * t }
	seen := phi
	if phi > 1 {
		seen = widened(df * (phi / (phi - 1)) * (phi / (phi - 1)))
	}
	return max(seen, min(widened(df), possible))
}
