using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>Whether a cassette is replayed or recorded.</summary>
internal static class CassetteChoice
{
    public const string Variable = "DOSSIER_CASSETTES";

    /// <param name="mode">What the code says.</param>
    /// <param name="path">The file.</param>
    /// <param name="exists">Whether it is there.</param>
    /// <param name="environment">The variables of the process.</param>
    /// <returns>Whether it is recorded.</returns>
    /// <exception cref="OptionsValidationException">The variable says something else.</exception>
    /// <exception cref="NotFoundException">It is to be replayed, and is not there.</exception>
    public static bool IsRecorded(CassetteMode mode, string path, bool exists, IReadOnlyDictionary<string, string> environment)
    {
        if (mode is CassetteMode.Auto && environment.GetValueOrDefault(Variable) is { Length: > 0 } said)
            mode =
                said.Equals("record", StringComparison.OrdinalIgnoreCase) ? CassetteMode.Record
                : said.Equals("replay", StringComparison.OrdinalIgnoreCase) ? CassetteMode.Replay
                : said.Equals("auto", StringComparison.OrdinalIgnoreCase) ? CassetteMode.Auto
                : throw new OptionsValidationException(
                    Variable,
                    typeof(CassetteMode),
                    [$"The environment variable {Variable} is '{said}'. Set it to record, replay or auto, or leave it out."]
                );
        if (mode is CassetteMode.Record || exists)
            return mode is CassetteMode.Record;
        if (mode is CassetteMode.Auto && !IsCi(environment))
            return true;
        throw new NotFoundException(
            $"There is no cassette '{path}'. Record it where there is a key, with the environment variable {Variable} set to record, and commit it."
        );
    }

    private static bool IsCi(IReadOnlyDictionary<string, string> environment) =>
        environment.GetValueOrDefault("CI") is { } value && (value.Equals("true", StringComparison.OrdinalIgnoreCase) || value is "1");
}
