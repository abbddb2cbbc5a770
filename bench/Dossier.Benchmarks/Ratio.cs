using System.Globalization;

namespace Dossier.Benchmarks;

/// <summary>One figure: what Dossier does, divided by a baseline that the same run measures on the same machine.</summary>
/// <param name="Name">What <c>--only</c> selects by.</param>
/// <param name="Unit">What the value is counted in.</param>
/// <param name="Baseline">What it is divided by.</param>
/// <param name="Goal">What it should be.</param>
/// <param name="MeasureAsync">Measures it, in a directory of its own that is empty and removed afterwards.</param>
internal sealed record Ratio(string Name, string Unit, string Baseline, Goal Goal, Func<string, Task<Measured>> MeasureAsync);

/// <summary>A value and what it is made of, in lines that are printed below it.</summary>
internal sealed record Measured(double Value, params IReadOnlyList<string> Notes)
{
    public static implicit operator Measured(double value) => new(value);
}

/// <summary>A bound on a value.</summary>
internal readonly record struct Goal(bool AtLeast, double Bound)
{
    public static Goal Min(double bound) => new(true, bound);

    public static Goal Max(double bound) => new(false, bound);

    public bool Holds(double value) => AtLeast ? value >= Bound : value <= Bound;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(AtLeast ? ">=" : "<=")} {Bound}");
}
