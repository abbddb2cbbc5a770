using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>Brings what is known of models up to date.</summary>
public static class ModelSyncExtensions
{
    extension(SessionStore store)
    {
        /// <summary>
        /// Fetches the catalogue of models, checks it, keeps it as a dated snapshot in <see cref="SessionOptions.ModelsPath"/>, and
        /// puts it in force for this store; stores that are opened later read it from there. Earlier snapshots are kept, see
        /// <see cref="ModelRegistry.AsOf"/>. Until all of that has been done, and whenever it fails, the last good catalogue stays in
        /// force. Safe to call from several threads and processes at once.
        /// </summary>
        /// <param name="options">Where from, and within which bounds; null for the defaults.</param>
        /// <param name="cancellationToken">Stops the sync.</param>
        /// <exception cref="ModelCatalogueException">The catalogue could not be fetched, is none, holds too little that is usable, or cannot be written.</exception>
        /// <exception cref="OptionsValidationException">There is no <see cref="SessionOptions.ModelsPath"/> to keep it in.</exception>
        /// <exception cref="ArgumentException">An option is out of its bounds.</exception>
        public async Task<ModelSyncResult> SyncModelsAsync(ModelSyncOptions? options = null, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(store);
            options = ModelSyncOptions.Checked(options ?? new());
            var services = store.Services;
            var snapshots = new ModelSnapshots(PathOf(services.Options), services.Logger);
            var last = snapshots.Last() is { } kept && kept.State.Endpoint == options.Endpoint.AbsoluteUri ? kept : default;
            var download = new CatalogueDownload(options, services.Time);
            if (await download.FetchAsync(last.State?.ETag, cancellationToken).ConfigureAwait(false) is not var (bytes, etag))
                return Unchanged(last.Snapshot);
            var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
            if (digest == last.State?.Digest)
                return Unchanged(last.Snapshot);

            var now = services.Time.GetUtcNow();
            var date = DateOnly.FromDateTime(now.UtcDateTime);
            var import = ModelImport.Read(bytes, new(options.Endpoint.Host, date));
            Check(import, options);
            Save(snapshots, new(date, import.Models), now, new(options.Endpoint.AbsoluteUri, etag, digest));
            services.Models.UseSnapshots(snapshots.Load);
            return new()
            {
                IsNew = true,
                Date = date,
                ModelCount = import.Models.Count,
                Skipped = import.Skipped,
            };
        }
    }

    private static ModelSyncResult Unchanged(ModelSnapshot snapshot) =>
        new()
        {
            IsNew = false,
            Date = snapshot.Date,
            ModelCount = snapshot.Models.Count,
        };

    private static void Check(ModelImport import, ModelSyncOptions options)
    {
        if (import.Models.Count >= options.MinModels && import.Models.Count >= import.Skipped.Count)
            return;
        throw new ModelCatalogueException(
            $"The catalogue of {options.Endpoint} holds too little that is usable ({import}), and {options.MinModels:N0} models and half of the records are needed; the last one stays in force. "
                + $"If that is all it should have, lower {nameof(ModelSyncOptions)}.{nameof(ModelSyncOptions.MinModels)}."
        );
    }

    private static void Save(ModelSnapshots snapshots, ModelSnapshot snapshot, DateTimeOffset at, SyncState state)
    {
        try
        {
            snapshots.Save(snapshot, at, state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelCatalogueException(
                $"The catalogue was fetched but cannot be kept: {e.Message} The last one stays in force. Make room or give access, or set {nameof(SessionOptions)}.{nameof(SessionOptions.ModelsPath)} to another directory.",
                e
            );
        }
    }

    private static string PathOf(SessionOptions options) =>
        options.ModelsPath
        ?? throw new OptionsValidationException(
            Setting.Section,
            typeof(SessionOptions),
            [
                $"{Setting.Full(nameof(SessionOptions.ModelsPath))} is not set, and this process has no home directory to keep a catalogue in. Set it to a directory.",
            ]
        );
}
